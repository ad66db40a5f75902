using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Text;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Engine.Models;

/// <summary>Everything about an architecture but its weights.</summary>
/// <param name="Name">As in <c>--model config:NAME</c>.</param>
/// <param name="UNet">The denoiser.</param>
/// <param name="Vae">The auto-encoder.</param>
/// <param name="TextEncoder">The text tower.</param>
/// <param name="Scheduler">Noise schedule and sampler.</param>
/// <param name="Index">Defaults of a generation.</param>
public sealed record PublishedModel(
    string Name, UNetConfig UNet, AutoencoderConfig Vae, TextEncoderConfig TextEncoder, SchedulerConfig Scheduler, ModelIndex Index)
{
    /// <summary>The whole model with weights drawn from a seed: for speed and memory, its videos are noise.</summary>
    /// <remarks>Without the published vocabulary every byte of a prompt is a token.</remarks>
    public ModelFolder Open(long seed)
    {
        ClipTokenizer bytes = ClipTokenizer.FromMergeList(
            "#no merges\n"u8.ToArray(), "bytes", TextEncoder.MaxPositionEmbeddings, TextEncoder.PadTokenId);
        string name = $"{PublishedModels.Prefix}{Name}";
        return new(new ModelParts(
            name, Index, UNet, Vae, TextEncoder, Scheduler, RandomUNet(seed), RandomVae(seed), RandomTextEncoder(seed), bytes,
            Hash: $"{name}, random weights of seed {seed}"));
    }

    /// <summary>U-Net weights drawn from a seed.</summary>
    public RandomWeights RandomUNet(long seed) => new(TensorShapes.Of(UNet), seed, $"config:{Name} unet, random weights of seed {seed}");

    public RandomWeights RandomVae(long seed) => new(TensorShapes.Of(Vae), seed, $"config:{Name} vae, random weights of seed {seed}");

    public RandomWeights RandomTextEncoder(long seed) => new(TensorShapes.Of(TextEncoder), seed, $"config:{Name} text encoder, random weights of seed {seed}");
}

/// <summary>The published architectures that run without a checkpoint: <c>--model config:NAME --random-weights SEED</c>.</summary>
public static class PublishedModels
{
    public const string Prefix = "config:";

    public static ImmutableArray<PublishedModel> All { get; } =
    [
        Hummingbird("hummingbird-0.7b", hasMiddle: false),
        Hummingbird("hummingbird-0.9b", hasMiddle: true),
        new(
            "videocrafter2", new(Name: "videocrafter2", NumResBlocks: 2, TimeCondDim: null), new(), new(),
            new(ClassName: "DDIMScheduler", Eta: 1, UseScale: true, NumInferenceSteps: 50, GuidanceScale: 12, GuidanceEmbedding: false),
            new(Defaults: new(Sampler: "ddim", Steps: 50, GuidanceScale: 12, Fps: 28))),
    ];

    /// <summary>All that can be opened, without <see cref="Prefix"/>.</summary>
    public static ImmutableArray<string> Names => [.. All.Select(m => m.Name), MagicVideoArchitecture.Name, .. SnapVideoArchitecture.All.Select(m => m.Name)];

    /// <summary>An architecture with random weights.</summary>
    /// <exception cref="WeightException">There is no such architecture.</exception>
    public static ModelFolder Open(string name, long seed)
        => name.Equals(Prefix + MagicVideoArchitecture.Name, StringComparison.OrdinalIgnoreCase)
            ? MagicVideoArchitecture.Published.Open(seed)
            : SnapVideoArchitecture.Find(name)?.Open(seed) ?? Get(name).Open(seed);

    /// <param name="name">With or without <see cref="Prefix"/>.</param>
    /// <exception cref="WeightException">There is no such architecture.</exception>
    public static PublishedModel Get(string name)
    {
        string bare = name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) ? name[Prefix.Length..] : name;
        return All.FirstOrDefault(m => m.Name.Equals(bare, StringComparison.OrdinalIgnoreCase))
            ?? throw new WeightException($"No architecture is called {bare}; there are {string.Join(", ", Names)}.");
    }

    private static PublishedModel Hummingbird(string name, bool hasMiddle)
        => new(name, new(Name: name, HasMiddle: hasMiddle), new(), new(), new(), new());
}
