using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Engine.Models;

/// <summary>The kinds of layers a stage of the U-Net is made of.</summary>
public enum UNetLayerKind
{
    Stem,
    ResBlock,
    SpatialTransformer,
    TemporalTransformer,
    Downsample,
    Upsample,
}

/// <param name="Kind">What it is.</param>
/// <param name="Inputs">Channels it reads (skip included).</param>
/// <param name="Outputs">Channels it makes.</param>
public readonly record struct UNetLayer(UNetLayerKind Kind, int Inputs, int Outputs);

/// <param name="Key">Prefix in the checkpoint: <c>input_blocks.3</c>.</param>
/// <param name="Layers">In order; the index is the next part of the key.</param>
/// <param name="SkipChannels">Channels of the skip concatenated in front of the stage, 0 for none.</param>
public sealed record UNetStage(string Key, ImmutableArray<UNetLayer> Layers, int SkipChannels = 0);

/// <summary>The space-time U-Net as a list of stages; the same table for Hummingbird 0.7B, 0.9B and VideoCrafter2.</summary>
/// <remarks>Source: openaimodel3d of VideoCrafter2; pruned students have one residual block a level and, at 0.7B, no middle block.</remarks>
public sealed record UNetPlan(ImmutableArray<UNetStage> Encoder, UNetStage? Middle, ImmutableArray<UNetStage> Decoder)
{
    public static UNetPlan Create(UNetConfig config)
    {
        Stack<int> skips = new();
        var encoder = ImmutableArray.CreateBuilder<UNetStage>();
        int channels = config.ModelChannels, factor = 1, deepest = config.ChannelMult.Length - 1;
        encoder.Add(new("input_blocks.0", [new(UNetLayerKind.Stem, config.InChannels, channels)]));
        skips.Push(channels);
        for (int level = 0; level <= deepest; level++)
        {
            int outputs = config.ModelChannels * config.ChannelMult[level];
            for (int block = 0; block < config.NumResBlocks; block++)
            {
                encoder.Add(new($"input_blocks.{encoder.Count}", [new(UNetLayerKind.ResBlock, channels, outputs), .. Transformers(config, outputs, factor)]));
                channels = outputs;
                skips.Push(channels);
            }

            if (level != deepest)
            {
                encoder.Add(new($"input_blocks.{encoder.Count}", [new(UNetLayerKind.Downsample, channels, channels)]));
                skips.Push(channels);
                factor *= 2;
            }
        }

        return new(encoder.ToImmutable(), config.HasMiddle ? MiddleStage(channels) : null, Decode(config, skips, channels, factor));
    }

    /// <summary>Every stage in execution order.</summary>
    public IEnumerable<UNetStage> Stages => [.. Encoder, .. Middle is null ? [] : new[] { Middle }, .. Decoder];

    private static UNetStage MiddleStage(int c) => new("middle_block",
    [
        new(UNetLayerKind.ResBlock, c, c), new(UNetLayerKind.SpatialTransformer, c, c),
        new(UNetLayerKind.TemporalTransformer, c, c), new(UNetLayerKind.ResBlock, c, c),
    ]);

    private static ImmutableArray<UNetStage> Decode(UNetConfig config, Stack<int> skips, int channels, int factor)
    {
        var decoder = ImmutableArray.CreateBuilder<UNetStage>();
        for (int level = config.ChannelMult.Length - 1; level >= 0; level--)
        {
            int outputs = config.ModelChannels * config.ChannelMult[level];
            for (int block = 0; block <= config.NumResBlocks; block++)
            {
                int skip = skips.Pop();
                bool isLast = level > 0 && block == config.NumResBlocks;
                decoder.Add(new(
                    $"output_blocks.{decoder.Count}",
                    [
                        new(UNetLayerKind.ResBlock, channels + skip, outputs), .. Transformers(config, outputs, factor),
                        .. isLast ? [new UNetLayer(UNetLayerKind.Upsample, outputs, outputs)] : Array.Empty<UNetLayer>(),
                    ],
                    skip));
                channels = outputs;
            }

            factor = Math.Max(1, factor / 2);
        }

        return decoder.ToImmutable();
    }

    private static UNetLayer[] Transformers(UNetConfig config, int channels, int factor) => config.AttentionResolutions.Contains(factor)
        ? [new(UNetLayerKind.SpatialTransformer, channels, channels), new(UNetLayerKind.TemporalTransformer, channels, channels)]
        : [];
}
