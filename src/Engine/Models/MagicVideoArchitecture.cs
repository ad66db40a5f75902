using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Text;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Engine.Models;

/// <summary>The networks of a MagicVideo cascade at the published sizes.</summary>
/// <param name="Keyframes">16 keyframes of 256 x 256, in latent space.</param>
/// <param name="Interpolation">Three frames between two keyframes.</param>
/// <param name="Upscaling">256 to 1024, in pixels, frame by frame.</param>
/// <param name="Vae">Latents to pixels.</param>
/// <remarks>Source: MagicVideo, 2022; what the paper leaves open is Stable Diffusion 1.x's topology.</remarks>
public sealed record MagicVideoArchitecture(MagicUNetConfig Keyframes, MagicUNetConfig? Interpolation, MagicUNetConfig? Upscaling, VideoVaeConfig Vae)
{
    /// <summary>As in <c>--model config:NAME</c>.</summary>
    public const string Name = "magicvideo";

    public static MagicVideoArchitecture Published { get; } = new(
        new(),
        new(InChannels: 5, NumFrames: 5),
        new(InChannels: 6, OutChannels: 3, BlockOutChannels: [128, 256, 512, 512, 1024], AttnLevels: [false, false, false, false, true], NumFrames: 1),
        new());

    /// <summary>CLIP ViT-L/14's text tower: all blocks, quick GELU.</summary>
    public TextEncoderConfig TextEncoder { get; init; } = new(
        HiddenSize: 768, IntermediateSize: 3072, NumAttentionHeads: 12, NumHiddenLayers: 12, ProjectionDim: 768, HiddenAct: "quick_gelu", SkipLast: 0,
        PadTokenId: 49407);

    public SchedulerConfig Scheduler { get; init; } = new(ClassName: "DDIMScheduler", NumInferenceSteps: 50, GuidanceEmbedding: false);

    /// <summary>Of the keyframes.</summary>
    public GenerationDefaults Defaults { get; init; } = new(Width: 256, Height: 256, Frames: 16, Fps: 2, Sampler: "ddim", Steps: 50);

    /// <summary>The whole cascade with weights drawn from a seed: for speed and memory, its videos are noise.</summary>
    public ModelFolder Open(long seed)
    {
        string name = $"{PublishedModels.Prefix}{Name}";
        RandomWeights Draw(string part, IReadOnlyDictionary<string, ImmutableArray<int>> shapes) => new(shapes, seed, $"{name} {part}, random weights of seed {seed}");
        MagicNetwork? Network(string part, MagicUNetConfig? config)
            => config is null ? null : new(config, new(() => Draw(part, TensorShapes.Of(config))));
        CascadeSettings settings = new();
        MagicVideoParts parts = new(
            Keyframes, Vae, Network(MagicVideoParts.InterpolationFolder, Interpolation), Network(MagicVideoParts.UpscalingFolder, Upscaling), settings);
        return new(new ModelParts(
            name, new(ModelIndex.MagicVideo, Defaults: Defaults, Cascade: settings), parts.SharedUNetConfig, parts.SharedVaeConfig, TextEncoder, Scheduler,
            Draw(MagicVideoParts.KeyframesFolder, TensorShapes.Of(Keyframes)), Draw(MagicVideoParts.VaeFolder, TensorShapes.Of(Vae)),
            Draw("text_encoder", TensorShapes.Of(TextEncoder)),
            ClipTokenizer.FromMergeList("#no merges\n"u8.ToArray(), "bytes", TextEncoder.MaxPositionEmbeddings, TextEncoder.PadTokenId),
            Hash: $"{name}, random weights of seed {seed}", parts));
    }
}
