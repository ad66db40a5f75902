using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.WeightsConverter.Output;

namespace Hummingbird.Vulkan.WeightsConverter.Detection;

/// <summary>Snap Video's FIT from its shapes: patches in groups, latents that read from and write to them.</summary>
internal sealed class SnapFit
{
    private readonly ComponentShapes w;
    private readonly FitConfig? like;
    private readonly int patches, patchIn, patchOut;

    private SnapFit(ComponentShapes w, FitConfig? like)
    {
        (this.w, this.like) = (w, like);
        (patches, patchIn, patchOut) = (w.Size("pos_embed", 0), w.Size("patch_embed.proj.weight", 1), w.Size("unpatch.weight", 0));
    }

    /// <param name="w">Names and shapes.</param>
    /// <param name="like">A network that says what shapes do not: frames, height, width, groups and heads.</param>
    public static SnapFit Of(ComponentShapes w, FitConfig? like = null) => new(w, like);

    /// <summary>Whether its input holds a coarser video beside the noise.</summary>
    public bool IsUpsampler => patchIn > patchOut;

    /// <summary>Height, width and groups are those of the model named, or the published stages'. Null for another count of patches.</summary>
    public FitConfig? Config => (like, patches, IsUpsampler) switch
    {
        ({ } given, _, _) when given.Patches == patches => Sized(given.Size, given.Patch, given.Group, given.PatchHeadDim, given.LatentHeadDim, given.InChannels),
        (_, 2560, false) => Published([16, 40, 64], [16, 5, 4]),
        (_, 147456, true) => Published([16, 288, 512], [16, 18, 16]),
        _ => null,
    };

    /// <summary>The tensors do not depend on how patches lie: without a known size they stand in one line.</summary>
    public Manifest Manifest()
    {
        const int Colours = 3;
        int pixels = Math.Max(1, patchOut / Colours);
        return SnapVideoManifest.Of(TensorShapes.Of(Config ?? Sized([patches, 1, pixels], [1, 1, pixels], [patches, 1, 1], 1, 1, Colours)));
    }

    private FitConfig Published(ImmutableArray<int> size, ImmutableArray<int> group)
        => Sized(size, [1, 4, 4], group, w.Size("pos_embed", 1) == 1024 ? 64 : 48, w.Size("latents", 1) == 3072 ? 128 : 64, Math.Max(1, patchOut / 16));

    private FitConfig Sized(ImmutableArray<int> size, ImmutableArray<int> patch, ImmutableArray<int> group, int patchHead, int latentHead, int channels) => new(
        size, patch, group, channels,
        (patchIn - patchOut) / Math.Max(1, patch[0] * patch[1] * patch[2]),
        w.Size("pos_embed", 1), w.Size("latents", 0), w.Size("latents", 1),
        w.Count("blocks.", ".read_attn.to_q.weight"),
        w.Count("blocks.0.global_layers.", ".attn.to_q.weight"),
        w.Count("blocks.0.local_layers.", ".attn.to_q.weight"),
        patchHead, latentHead, w.Size("text_proj.weight", 0), w.Size("text_proj.weight", 1), 2 * w.Size("noise_embed.freqs", 0),
        Math.Max(1, w.Size("self_cond.ff.fc1.weight", 0) / w.Size("latents", 1)));

    public static JsonObject Json(FitConfig config) => JsonSerializer.SerializeToNode(config, ConverterJson.Default.FitConfig)!.AsObject();
}

/// <summary>T5's encoder in Hugging Face's names, alone or with its decoder, which is left out.</summary>
internal static class SnapText
{
    /// <summary>By which it is known.</summary>
    public const string Mark = "encoder.block.0.layer.0.SelfAttention.q.weight";

    private const string Bias = "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight", Shared = "shared.weight", Embedded = "encoder.embed_tokens.weight";

    /// <summary>The encoder's tensors; files hold the table of words once or twice, under either name.</summary>
    public static IEnumerable<Checkpoints.SourceTensor> Encoder(IEnumerable<Checkpoints.SourceTensor> tensors)
    {
        Checkpoints.SourceTensor[] all = [.. tensors.Where(t => t.Name == Shared || t.Name.StartsWith("encoder.", StringComparison.Ordinal))];
        bool isShared = all.Any(t => t.Name == Shared);
        return all.Where(t => !isShared || t.Name != Embedded).Select(t => t.Name == Embedded ? t.As(Shared) : t);
    }

    public static T5Config Config(ComponentShapes w)
    {
        int heads = w.Size(Bias, 1);
        bool isGated = w.Has("encoder.block.0.layer.1.DenseReluDense.wi_0.weight");
        return new(
            w.Size(Shared, 0), w.Size(Shared, 1), Math.Max(1, w.Size(Mark, 0) / heads),
            w.Size($"encoder.block.0.layer.1.DenseReluDense.{(isGated ? "wi_0" : "wi")}.weight", 0),
            w.Count("encoder.block.", ".layer.0.SelfAttention.q.weight"), heads, w.Size(Bias, 0), FeedForwardProj: isGated ? "gated-gelu" : "relu");
    }
}

internal static class SnapVideoManifest
{
    public static Manifest Of(IReadOnlyDictionary<string, ImmutableArray<int>> shapes)
        => new([.. shapes.Select(s => new ManifestEntry(s.Key, [.. s.Value.Select(d => (long)d)]))]);
}
