using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Schedulers;
using Hummingbird.Vulkan.Engine.Text;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Engine.Models;

/// <summary>The networks of Snap Video at the published sizes (Menapace et al. 2024, table 8).</summary>
/// <param name="Name">As in <c>--model config:NAME</c>.</param>
/// <param name="First">16 frames of 64 x 36, which the network sees as 64 x 40.</param>
/// <param name="Second">Eight times as large; null where the paper has none.</param>
public sealed record SnapVideoArchitecture(string Name, FitConfig First, FitConfig? Second)
{
    public static FitConfig Fit500M { get; } = new(PatchDim: 768, LatentCount: 512, LatentDim: 1024, PatchHeadDim: 48, LatentHeadDim: 64, CtxDim: 768);

    public static FitConfig Fit3900M { get; } = new();

    public static FitConfig FitUpsampler { get; } = new(Size: [16, 288, 512], Group: [16, 18, 16], CondChannels: 3);

    public static ImmutableArray<SnapVideoArchitecture> All { get; } = [new("snapvideo-500m", Fit500M, null), new("snapvideo-3.9b", Fit3900M, FitUpsampler)];

    /// <summary>T5-11B.</summary>
    public T5Config Text { get; init; } = new();

    public SnapSamplerConfig Sampler { get; init; } = new();

    /// <summary>What is generated when the user says nothing else.</summary>
    public GenerationDefaults Defaults
    {
        get
        {
            SnapVideoParts parts = new(First, Second, Text, Sampler);
            return new(parts.Width, parts.Height, parts.Frames, 24, Samplers.EdmHeun, Sampler.Stage1.Steps, Sampler.GuidanceHi);
        }
    }

    /// <param name="name">With or without <see cref="PublishedModels.Prefix"/>.</param>
    public static SnapVideoArchitecture? Find(string name)
        => All.FirstOrDefault(m => name.Equals(m.Name, StringComparison.OrdinalIgnoreCase) || name.Equals(PublishedModels.Prefix + m.Name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The whole cascade with weights drawn from a seed: for speed and memory, its videos are noise.</summary>
    public ModelFolder Open(long seed)
    {
        string name = $"{PublishedModels.Prefix}{Name}";
        SnapVideoParts parts = new(First, Second, Text, Sampler);
        RandomWeights Draw(string part, IReadOnlyDictionary<string, ImmutableArray<int>> shapes) => new(shapes, seed, $"{name} {part}, random weights of seed {seed}");
        return new(new ModelParts(
            name, new(SnapVideoParts.ClassName, Defaults: Defaults), new(), new(), new(), new(), Draw(SnapVideoParts.FirstFolder, TensorShapes.Of(First)),
            Second is null ? new MemorySource([]) : Draw(SnapVideoParts.SecondFolder, TensorShapes.Of(Second)), Draw("text_encoder", TensorShapes.Of(Text)),
            UnigramTokenizer.OfBytes(Sampler.TextLength), Hash: $"{name}, random weights of seed {seed}") { SnapVideo = parts });
    }
}
