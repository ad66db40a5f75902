using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Hummingbird.Vulkan.WeightsConverter.Detection;

/// <summary>MagicVideo's VideoVAE: diffusers' AutoencoderKL with two temporal attentions in its decoder, or without where the file has none.</summary>
internal sealed class VideoVae
{
    private const int PublishedHeads = 8, PublishedGroups = 32, PublishedFrames = 16, Sites = 2;
    private const double PublishedScale = 0.18215;

    private readonly int images, latents, channels, layers, frames;
    private readonly bool hasTemporal;
    private readonly ImmutableArray<int> mults;

    private VideoVae(ComponentShapes w)
    {
        int levels = Math.Max(1, w.Count("decoder.up_blocks.", ".resnets.0.conv1.weight"));
        channels = w.Size("encoder.conv_in.weight", 0);
        mults = [.. Enumerable.Range(0, levels).Select(i => Math.Max(1, w.Size($"decoder.up_blocks.{levels - 1 - i}.resnets.0.conv1.weight", 0) / channels))];
        layers = Math.Max(1, w.Count("encoder.down_blocks.0.resnets.", ".conv1.weight"));
        (images, latents) = (w.Size("encoder.conv_in.weight", 1), w.Size("decoder.conv_in.weight", 1));
        hasTemporal = w.Has("decoder.temporal_attentions.0.pos_emb");
        frames = hasTemporal ? w.Size("decoder.temporal_attentions.0.pos_emb", 0) : PublishedFrames;
    }

    public static VideoVae Of(ComponentShapes w) => new(w);

    public JsonObject Config => new()
    {
        ["in_channels"] = images, ["z_channels"] = latents, ["channels"] = channels, ["mults"] = new JsonArray([.. mults.Select(m => (JsonNode)m)]),
        ["layers_per_block"] = layers, ["norm_groups"] = PublishedGroups, ["num_frames"] = frames, ["temporal_heads"] = PublishedHeads,
        ["temporal_sites"] = new JsonArray("mid", "up.1"), ["mask_mode"] = "pre", ["scale"] = PublishedScale,
    };

    public Manifest Manifest()
    {
        var entries = new List<ManifestEntry>();
        var root = new ManifestScope(entries);
        Encoder(root / "encoder");
        Decoder(root / "decoder");
        root.Conv("quant_conv", 2 * latents, 2 * latents, kernel: 1);
        root.Conv("post_quant_conv", latents, latents, kernel: 1);
        return new Manifest(entries);
    }

    private void Encoder(ManifestScope w)
    {
        w.Conv("conv_in", channels, images);
        long width = channels;
        for (int level = 0; level < mults.Length; level++)
        {
            Blocks(w / $"down_blocks.{level}", ref width, channels * mults[level], layers);
            if (level + 1 < mults.Length)
                w.Conv($"down_blocks.{level}.downsamplers.0.conv", width, width);
        }

        Middle(w / "mid_block", width);
        w.Norm("conv_norm_out", width);
        w.Conv("conv_out", 2 * latents, width);
    }

    private void Decoder(ManifestScope w)
    {
        long width = channels * mults[^1];
        w.Conv("conv_in", width, latents);
        Middle(w / "mid_block", width);
        for (int block = 0; block < mults.Length; block++)
        {
            Blocks(w / $"up_blocks.{block}", ref width, channels * mults[^(block + 1)], layers + 1);
            if (block + 1 < mults.Length)
                w.Conv($"up_blocks.{block}.upsamplers.0.conv", width, width);
        }

        w.Norm("conv_norm_out", width);
        w.Conv("conv_out", images, width);
        for (int site = 0; hasTemporal && site < Sites; site++)
            MagicVideoUNet.TemporalAttention(w / $"temporal_attentions.{site}", frames, channels * mults[^Math.Min(1 + site, mults.Length)]);
    }

    private static void Blocks(ManifestScope w, ref long width, long outputs, int count)
    {
        for (int i = 0; i < count; i++, width = outputs)
            Block(w / $"resnets.{i}", width, outputs);
    }

    private static void Middle(ManifestScope w, long width)
    {
        Block(w / "resnets.0", width, width);
        Block(w / "resnets.1", width, width);
        w.Norm("attentions.0.group_norm", width);
        foreach (string name in (string[])["to_q", "to_k", "to_v", "to_out.0"])
            w.Linear($"attentions.0.{name}", width, width);
    }

    private static void Block(ManifestScope w, long width, long outputs)
    {
        w.Norm("norm1", width);
        w.Conv("conv1", outputs, width);
        w.Norm("norm2", outputs);
        w.Conv("conv2", outputs, outputs);
        if (width != outputs)
            w.Conv("conv_shortcut", outputs, width, kernel: 1);
    }
}
