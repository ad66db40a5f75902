using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Engine.Models;

public static partial class TensorShapes
{
    /// <summary>A MagicVideo U-Net in diffusers' names: keyframes, interpolation or, with one frame, super-resolution.</summary>
    public static IReadOnlyDictionary<string, ImmutableArray<int>> Of(MagicUNetConfig config)
    {
        Collector t = new();
        int c = config.BlockOutChannels[0], wide = config.EmbeddingDim;
        t.Layer("conv_in", c, config.InChannels, 3, 3);
        t.Adaptor("conv_in_adaptor", config.NumFrames, c);
        foreach (string mlp in (ReadOnlySpan<string>)["time_embedding", "fps_embedding"])
        {
            t.Layer($"{mlp}.linear_1", wide, c);
            t.Layer($"{mlp}.linear_2", wide, wide);
        }

        foreach (MagicStage stage in MagicUNetPlan.Create(config).Stages)
        {
            Stage(t, config, stage);
        }

        t.Norm("conv_norm_out", c);
        t.Layer("conv_out", config.OutChannels, c, 3, 3);
        return t.Shapes;
    }

    /// <summary>The VideoVAE in diffusers' names.</summary>
    public static IReadOnlyDictionary<string, ImmutableArray<int>> Of(VideoVaeConfig config)
    {
        Collector t = new();
        int[] widths = [.. config.Mults.Select(m => config.Channels * m)];
        Half(t, config, "encoder", widths, config.InChannels, 2 * config.ZChannels);
        t.Layer("quant_conv", 2 * config.ZChannels, 2 * config.ZChannels, 1, 1);
        t.Layer("post_quant_conv", config.ZChannels, config.ZChannels, 1, 1);
        int[] upwards = [.. widths.Reverse()];
        Half(t, config, "decoder", upwards, config.ZChannels, config.InChannels);
        for (int i = 0; i < config.TemporalSites.Length; i++)
        {
            string site = config.TemporalSites[i];
            int width = site == "mid" ? upwards[0] : upwards[int.Parse(site[3..], System.Globalization.CultureInfo.InvariantCulture)];
            t.TemporalAttention($"decoder.temporal_attentions.{i}", config.NumFrames, width);
        }

        return t.Shapes;
    }

    private static void Stage(Collector t, MagicUNetConfig config, MagicStage stage)
    {
        int c = stage.Outputs;
        for (int i = 0; i < stage.Inputs.Length; i++)
        {
            string path = $"{stage.Key}.resnets.{i}";
            t.DiffusersBlock(path, stage.Inputs[i], c);
            t.Layer($"{path}.time_emb_proj", c, config.EmbeddingDim);
            t.Adaptor($"{path}.adaptor1", config.NumFrames, c);
            t.Adaptor($"{path}.adaptor2", config.NumFrames, c);
        }

        for (int i = 0; i < stage.Attentions; i++)
        {
            string path = $"{stage.Key}.attentions.{i}";
            Transformer(t, path, c, c, config.ContextDim, projection: [1, 1]);
            t.Adaptor($"{stage.Key}.attn_adaptors.{i}", config.NumFrames, c);
            if (config.NumFrames > 1)
            {
                t.TemporalAttention($"{stage.Key}.temporal_attentions.{i}", config.NumFrames, c);
            }
        }

        if (stage.End != Resampling.None)
        {
            string sampler = $"{stage.Key}.{(stage.End == Resampling.Down ? "downsamplers" : "upsamplers")}.0";
            t.Layer($"{sampler}.conv", c, c, 3, 3);
            t.Adaptor($"{sampler}.adaptor", config.NumFrames, c);
        }
    }

    private static void Half(Collector t, VideoVaeConfig config, string half, int[] widths, int inputs, int outputs)
    {
        bool isEncoder = half == "encoder";
        int middle = isEncoder ? widths[^1] : widths[0], channels = widths[0];
        t.Layer($"{half}.conv_in", widths[0], inputs, 3, 3);
        for (int level = 0; level < widths.Length; level++)
        {
            string stage = $"{half}.{(isEncoder ? "down" : "up")}_blocks.{level}";
            for (int i = 0; i < config.LayersPerBlock + (isEncoder ? 0 : 1); i++, channels = widths[level])
            {
                t.DiffusersBlock($"{stage}.resnets.{i}", channels, widths[level]);
            }

            t.LayerIf(level + 1 < widths.Length, $"{stage}.{(isEncoder ? "down" : "up")}samplers.0.conv", channels, channels, 3, 3);
        }

        t.DiffusersBlock($"{half}.mid_block.resnets.0", middle, middle);
        t.DiffusersBlock($"{half}.mid_block.resnets.1", middle, middle);
        t.Norm($"{half}.mid_block.attentions.0.group_norm", middle);
        foreach (string projection in (ReadOnlySpan<string>)["to_q", "to_k", "to_v", "to_out.0"])
        {
            t.Layer($"{half}.mid_block.attentions.0.{projection}", middle, middle);
        }

        t.Norm($"{half}.conv_norm_out", channels);
        t.Layer($"{half}.conv_out", outputs, channels, 3, 3);
    }
}
