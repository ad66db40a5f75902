using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.WeightsConverter.Detection;

/// <summary>MagicVideo's U-Nets: Stable Diffusion's in diffusers' names, with adaptors and temporal attentions beside its layers.</summary>
/// <remarks>A file may lack the one or the other kind whole: no adaptors mean identity, no temporal attentions add nothing. So the image
/// weights of Stable Diffusion 1.x are a MagicVideo U-Net already. An adaptor's table is [frames, channels]; [frames] and [frames, 1] do for
/// all channels.</remarks>
internal sealed class MagicVideoUNet
{
    private const int PublishedHeads = 8, PublishedGroups = 32, PublishedFrames = 16;

    private readonly ImmutableArray<int> channels;
    private readonly ImmutableArray<bool> attends;
    private readonly int inputs, outputs, layers, context, frames;
    private readonly bool hasFps, hasAdaptors, hasTemporal;

    private MagicVideoUNet(ComponentShapes w)
    {
        int levels = Math.Max(1, w.Count("down_blocks.", ".resnets.0.conv1.weight"));
        channels = [.. Enumerable.Range(0, levels).Select(i => w.Size($"down_blocks.{i}.resnets.0.conv1.weight", 0))];
        attends = [.. Enumerable.Range(0, levels).Select(i => w.Has($"down_blocks.{i}.attentions.0.norm.weight"))];
        layers = Math.Max(1, w.Count("down_blocks.0.resnets.", ".conv1.weight"));
        (inputs, outputs) = (w.Size("conv_in.weight", 1), w.Size("conv_out.weight", 0));
        context = w.Size("mid_block.attentions.0.transformer_blocks.0.attn2.to_k.weight", 1);
        (hasFps, hasAdaptors, hasTemporal) = (w.HasBelow("fps_embedding."), w.Has("conv_in_adaptor.gamma"), w.Has("mid_block.temporal_attentions.0.pos_emb"));
        frames = hasAdaptors ? w.Size("conv_in_adaptor.gamma", 0) : hasTemporal ? w.Size("mid_block.temporal_attentions.0.pos_emb", 0) : outputs == 3 ? 1 : PublishedFrames;
    }

    public static MagicVideoUNet Of(ComponentShapes w) => new(w);

    public string Description => (hasTemporal || hasAdaptors, inputs) switch
    {
        (true, 5) => "a MagicVideo interpolation U-Net",
        (true, _) => "a MagicVideo U-Net",
        (false, 6) => "a MagicVideo super-resolution U-Net",
        _ => "a Stable Diffusion 1.x U-Net (MagicVideo's image weights: adaptors are identities, temporal attentions add nothing)",
    };

    public JsonObject Config => new()
    {
        ["in_channels"] = inputs, ["out_channels"] = outputs, ["block_out_channels"] = new JsonArray([.. channels.Select(c => (JsonNode)c)]),
        ["attn_levels"] = new JsonArray([.. attends.Select(a => (JsonNode)a)]), ["layers_per_block"] = layers, ["heads"] = PublishedHeads,
        ["context_dim"] = context, ["norm_groups"] = PublishedGroups, ["num_frames"] = frames, ["mask_mode"] = "pre",
    };

    public Manifest Manifest()
    {
        var entries = new List<ManifestEntry>();
        var root = new ManifestScope(entries);
        long embedding = 4L * channels[0];
        root.Conv("conv_in", channels[0], inputs);
        Adaptor(root, "conv_in_adaptor", channels[0]);
        Embedding(root / "time_embedding", embedding);
        if (hasFps)
            Embedding(root / "fps_embedding", embedding);
        var skips = new Stack<long>([channels[0]]);
        long width = Encoder(root, embedding, skips);
        ManifestScope middle = root / "mid_block";
        ResBlock(middle / "resnets.0", width, width, embedding);
        ResBlock(middle / "resnets.1", width, width, embedding);
        Attentions(middle, 0, width);
        Decoder(root, embedding, skips, width);
        root.Norm("conv_norm_out", channels[0]);
        root.Conv("conv_out", outputs, channels[0]);
        return new Manifest(entries);
    }

    /// <summary>Adaptors for all channels at once count as if written out.</summary>
    public static Dictionary<string, ImmutableArray<long>> Broadcast(Dictionary<string, ImmutableArray<long>> found, Manifest manifest)
    {
        foreach (ManifestEntry entry in manifest.Entries.Where(e => e.Name.Contains("adaptor", StringComparison.Ordinal)))
        {
            bool isShort = found.TryGetValue(entry.Name, out ImmutableArray<long> shape) && shape is [_] or [_, 1] && shape[0] == entry.Shape[0];
            if (isShort)
                found[entry.Name] = entry.Shape;
        }

        return found;
    }

    private long Encoder(ManifestScope root, long embedding, Stack<long> skips)
    {
        long width = channels[0];
        for (int level = 0; level < channels.Length; level++)
        {
            ManifestScope block = root / $"down_blocks.{level}";
            for (int i = 0; i < layers; i++, width = channels[level])
            {
                Layer(block, level, i, width, embedding);
                skips.Push(channels[level]);
            }

            if (level + 1 < channels.Length)
            {
                Resample(block / "downsamplers.0", width);
                skips.Push(width);
            }
        }

        return width;
    }

    private void Decoder(ManifestScope root, long embedding, Stack<long> skips, long width)
    {
        for (int block = 0; block < channels.Length; block++)
        {
            int level = channels.Length - 1 - block;
            ManifestScope scope = root / $"up_blocks.{block}";
            for (int i = 0; i <= layers; i++, width = channels[level])
                Layer(scope, level, i, width + skips.Pop(), embedding);
            if (level > 0)
                Resample(scope / "upsamplers.0", width);
        }
    }

    private void Layer(ManifestScope block, int level, int index, long width, long embedding)
    {
        ResBlock(block / $"resnets.{index}", width, channels[level], embedding);
        if (attends[level])
            Attentions(block, index, channels[level]);
    }

    private void ResBlock(ManifestScope w, long width, long output, long embedding)
    {
        w.Norm("norm1", width);
        w.Conv("conv1", output, width);
        Adaptor(w, "adaptor1", output);
        w.Linear("time_emb_proj", output, embedding);
        w.Norm("norm2", output);
        w.Conv("conv2", output, output);
        Adaptor(w, "adaptor2", output);
        if (width != output)
            w.Conv("conv_shortcut", output, width, kernel: 1);
    }

    private void Attentions(ManifestScope block, int index, long width)
    {
        ManifestScope w = block / $"attentions.{index}";
        w.Norm("norm", width);
        w.Conv("proj_in", width, width, kernel: 1);
        ManifestScope transformer = w / "transformer_blocks.0";
        foreach (string norm in (string[])["norm1", "norm2", "norm3"])
            transformer.Norm(norm, width);
        Attention(transformer / "attn1", width, width);
        Attention(transformer / "attn2", width, context);
        transformer.Linear("ff.net.0.proj", 8 * width, width);
        transformer.Linear("ff.net.2", width, 4 * width);
        w.Conv("proj_out", width, width, kernel: 1);
        Adaptor(block, $"attn_adaptors.{index}", width);
        if (hasTemporal)
            TemporalAttention(block / $"temporal_attentions.{index}", frames, width);
    }

    private void Resample(ManifestScope w, long width)
    {
        w.Conv("conv", width, width);
        Adaptor(w, "adaptor", width);
    }

    private void Adaptor(ManifestScope w, string name, long width)
    {
        if (!hasAdaptors)
            return;
        w.Tensor($"{name}.gamma", frames, width);
        w.Tensor($"{name}.beta", frames, width);
    }

    private void Embedding(ManifestScope w, long embedding)
    {
        w.Linear("linear_1", embedding, channels[0]);
        w.Linear("linear_2", embedding, embedding);
    }

    internal static void TemporalAttention(ManifestScope w, long frames, long width)
    {
        w.Tensor("pos_emb", frames, width);
        w.Norm("norm", width);
        Attention(w, width, width);
    }

    private static void Attention(ManifestScope w, long width, long context)
    {
        w.Tensor("to_q.weight", width, width);
        w.Tensor("to_k.weight", width, context);
        w.Tensor("to_v.weight", width, context);
        w.Linear("to_out.0", width, width);
    }
}
