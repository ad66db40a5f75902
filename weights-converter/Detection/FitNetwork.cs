using System.Text.Json.Nodes;

namespace Hummingbird.Vulkan.WeightsConverter.Detection;

/// <summary>Snap Video's FIT: patches in groups, latents that read from and write to them.</summary>
internal sealed class FitNetwork
{
    private static readonly string[] Embeddings = ["noise_embed", "fps_embed", "aug_embed"];

    private readonly ComponentShapes w;
    private readonly long patches, patchDim, patchIn, latentCount, latentDim, contextDim, textDim, frequencies;
    private readonly int blocks, globalLayers, localLayers;
    private readonly long patchOut, mult;

    private FitNetwork(ComponentShapes w)
    {
        this.w = w;
        (patches, patchDim, patchIn, patchOut) = (w.Size("pos_embed", 0), w.Size("patch_embed.proj.weight", 0), w.Size("patch_embed.proj.weight", 1), w.Size("unpatch.weight", 0));
        (latentCount, latentDim) = (w.Size("latents", 0), w.Size("latents", 1));
        (contextDim, textDim) = (w.Size("text_proj.weight", 0), w.Size("text_proj.weight", 1));
        frequencies = w.Size("noise_embed.freqs", 0);
        blocks = w.Count("blocks.", ".read_attn.to_q.weight");
        globalLayers = w.Count("blocks.0.global_layers.", ".attn.to_q.weight");
        localLayers = w.Count("blocks.0.local_layers.", ".attn.to_q.weight");
        mult = Math.Max(1, w.Size("self_cond.ff.fc1.weight", 0) / latentDim);
    }

    public static FitNetwork Of(ComponentShapes w) => new(w);

    /// <summary>Whether its input holds a coarser video beside the noise.</summary>
    public bool IsUpsampler => patchIn > patchOut;

    /// <summary>Height, width and groups do not follow from shapes: they are the published stages'. Null for another count of patches.</summary>
    public JsonObject? Config => (patches, IsUpsampler) switch
    {
        (2560, false) => ConfigOf([16, 40, 64], [16, 5, 4]),
        (147456, true) => ConfigOf([16, 288, 512], [16, 18, 16]),
        _ => null,
    };

    public Manifest Manifest()
    {
        var entries = new List<ManifestEntry>();
        var root = new ManifestScope(entries);
        root.Tensor("pos_embed", patches, patchDim);
        root.Tensor("latents", latentCount, latentDim);
        root.Linear("patch_embed.proj", patchDim, patchIn);
        root.Norm("patch_embed.norm", patchDim);
        root.Tensor("text_proj.weight", contextDim, textDim);
        foreach (string name in Embeddings.Where(name => name != "aug_embed" || w.HasBelow("aug_embed.")))
        {
            root.Tensor($"{name}.freqs", frequencies);
            root.Linear($"{name}.mlp.0", 4 * contextDim, (2 * frequencies) + 1);
            root.Linear($"{name}.mlp.2", contextDim, 4 * contextDim);
        }

        root.Linear("res_embed.0", 4 * contextDim, 2);
        root.Linear("res_embed.2", contextDim, 4 * contextDim);
        FeedForward(root / "self_cond.ff", latentDim);
        root.Tensor("self_cond.norm.weight", latentDim);
        for (int i = 0; i < blocks; i++)
            Block(root, $"blocks.{i}");
        // With local layers one block of nothing else follows the others.
        if (localLayers > 0)
            Layers(root, $"blocks.{blocks}.local_layers", localLayers, patchDim);
        root.Tensor("final_norm.weight", patchDim);
        root.Linear("unpatch", patchOut, patchDim);
        return new Manifest(entries);
    }

    private void Block(ManifestScope root, string name)
    {
        Layers(root, $"{name}.local_layers", localLayers, patchDim);
        Attention(root, $"{name}.ctx_attn", latentDim, contextDim);
        FeedForward(root / $"{name}.ctx_ff", latentDim);
        Attention(root, $"{name}.read_attn", latentDim, patchDim);
        FeedForward(root / $"{name}.read_ff", latentDim);
        Layers(root, $"{name}.global_layers", globalLayers, latentDim);
        Attention(root, $"{name}.write_attn", patchDim, latentDim);
        FeedForward(root / $"{name}.write_ff", patchDim);
    }

    private void Layers(ManifestScope root, string name, int count, long width)
    {
        for (int i = 0; i < count; i++)
        {
            ManifestScope attention = root / $"{name}.{i}.attn";
            attention.Tensor("norm_q.weight", width);
            attention.Tensor("to_q.weight", width, width);
            attention.Tensor("to_kv.weight", 2 * width, width);
            attention.Tensor("to_out.weight", width, width);
        }

        for (int i = 0; i < count; i++)
            FeedForward(root / $"{name}.{i}.ff", width);
    }

    /// <summary>Between two widths; the narrower one is that of the heads.</summary>
    private static void Attention(ManifestScope root, string name, long queries, long keys)
    {
        ManifestScope attention = root / name;
        long inner = Math.Min(queries, keys);
        attention.Tensor("norm_q.weight", queries);
        attention.Tensor("norm_kv.weight", keys);
        attention.Tensor("to_q.weight", inner, queries);
        attention.Tensor("to_kv.weight", 2 * inner, keys);
        attention.Tensor("to_out.weight", queries, inner);
    }

    private void FeedForward(ManifestScope scope, long width) => FeedForwardOf(scope, width, mult);

    private static void FeedForwardOf(ManifestScope scope, long width, long mult)
    {
        scope.Tensor("norm.weight", width);
        scope.Linear("fc1", mult * width, width);
        scope.Linear("fc2", width, mult * width);
    }

    private JsonObject ConfigOf(int[] size, int[] group) => new()
    {
        ["size"] = Numbers(size), ["patch"] = Numbers([1, 4, 4]), ["group"] = Numbers(group), ["in_channels"] = patchOut / 16, ["cond_channels"] = (patchIn - patchOut) / 16,
        ["patch_dim"] = patchDim, ["latent_count"] = latentCount, ["latent_dim"] = latentDim, ["blocks"] = blocks, ["global_layers"] = globalLayers,
        ["local_layers"] = localLayers, ["patch_head_dim"] = patchDim == 1024 ? 64 : 48, ["latent_head_dim"] = latentDim == 3072 ? 128 : 64, ["ctx_dim"] = contextDim,
        ["text_dim"] = textDim, ["fourier"] = 2 * frequencies, ["ff_mult"] = mult,
    };

    private static JsonArray Numbers(int[] values) => new([.. values.Select(v => (JsonNode)v)]);
}
