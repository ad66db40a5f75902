using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Models;

/// <summary>MagicVideo's VideoVAE: Stable Diffusion's auto-encoder, its decoder with directed attention over frames at two places.</summary>
/// <remarks>The decoder is two parts. Up to the last attention over frames a window of frames goes through together
/// (<see cref="DecodeWindow"/>); from there on, where images are large, each frame goes by itself (<see cref="DecodeFrame"/>).
/// Names are those of diffusers' AutoencoderKL, old and new. Source: MagicVideo, 2022.</remarks>
public sealed class VideoVae
{
    private const float Epsilon = 1e-6f;

    private readonly VideoVaeConfig config;
    private readonly WeightScope weights;
    private readonly ImmutableArray<int> widths;

    public VideoVae(VideoVaeConfig config, WeightScope weights)
        => (this.config, this.weights, widths) = (config, weights, [.. config.Mults.Select(m => config.Channels * m)]);

    /// <summary>Levels of the decoder, deepest first, that a window goes through; the rest is each frame's own.</summary>
    private int WindowLevels => config.TemporalSites
        .Select(site => site == "mid" ? 0 : int.Parse(site[3..], System.Globalization.CultureInfo.InvariantCulture) + 1)
        .DefaultIfEmpty(0).Max();

    private GroupNorm Norm => new(config.NormGroups, Epsilon);

    private GroupNorm NormSilu => new(config.NormGroups, Epsilon, Activation.Silu);

    /// <summary>The decoder up to its last attention over frames.</summary>
    /// <param name="g">The graph.</param>
    /// <param name="z">[B, F, h, w, 4], already divided by the scale; frames that are decoded together.</param>
    /// <returns>Features for <see cref="DecodeFrame"/>, [B, F, ...].</returns>
    public Value DecodeWindow(GraphBuilder g, Value z)
    {
        WeightScope w = weights / "decoder";
        Value h = g.Conv2d(z, weights / "post_quant_conv", config.ZChannels, new Conv2d(KernelSize: 1));
        h = Temporal(g, "mid", Middle(g, g.Conv2d(h, w / "conv_in", widths[^1], new Conv2d()), w / "mid_block"));
        for (int level = 0; level < WindowLevels; level++)
        {
            h = Temporal(g, $"up.{level}", Blocks(g, h, level));
            h = level + 1 < WindowLevels ? Enlarge(g, h, level) : h;
        }

        return h;
    }

    /// <summary>The rest of the decoder, in which no frame sees another.</summary>
    /// <returns>[B, F, H, W, 3], about [-1, 1].</returns>
    public Value DecodeFrame(GraphBuilder g, Value features)
    {
        Value h = features;
        for (int level = WindowLevels; level < widths.Length; level++)
        {
            h = level > 0 ? Enlarge(g, h, level - 1) : h;
            h = Blocks(g, h, level);
        }

        WeightScope w = weights / "decoder";
        return g.Conv2d(g.GroupNorm(h, w / "conv_norm_out", NormSilu), w / "conv_out", config.InChannels, new Conv2d());
    }

    /// <summary>Mean and log-variance of the latents of each frame, unscaled.</summary>
    /// <param name="g">The graph.</param>
    /// <param name="video">[B, F, H, W, 3] in [-1, 1].</param>
    /// <returns>[B, F, h, w, 2 * 4].</returns>
    public Value EncodeMoments(GraphBuilder g, Value video)
    {
        WeightScope w = weights / "encoder";
        Value h = g.Conv2d(video, w / "conv_in", widths[0], new Conv2d());
        for (int level = 0; level < widths.Length; level++)
        {
            WeightScope down = w / $"down_blocks.{level}";
            for (int i = 0; i < config.LayersPerBlock; i++)
            {
                h = ResnetBlock(g, h, down / $"resnets.{i}", widths[level]);
            }

            h = level + 1 < widths.Length
                ? g.Conv2d(h, down / "downsamplers.0.conv", widths[level], new Conv2d(Stride: 2, Padding: ConvPadding.BottomRight))
                : h;
        }

        h = g.GroupNorm(Middle(g, h, w / "mid_block"), w / "conv_norm_out", NormSilu);
        h = g.Conv2d(h, w / "conv_out", 2 * config.ZChannels, new Conv2d());
        return g.Conv2d(h, weights / "quant_conv", 2 * config.ZChannels, new Conv2d(KernelSize: 1));
    }

    /// <summary>Extents of what <see cref="DecodeWindow"/> makes of a window of latents.</summary>
    public Shape FeatureShape(int frames, int height, int width)
    {
        int scale = 1 << Math.Max(0, WindowLevels - 1);
        return [1, frames, height * scale, width * scale, WindowLevels == 0 ? widths[^1] : widths[widths.Length - WindowLevels]];
    }

    /// <summary>Residual blocks of a level; level 0 is the deepest, as the checkpoint counts.</summary>
    private Value Blocks(GraphBuilder g, Value h, int level)
    {
        for (int i = 0; i <= config.LayersPerBlock; i++)
        {
            h = ResnetBlock(g, h, weights / $"decoder.up_blocks.{level}.resnets.{i}", widths[widths.Length - 1 - level]);
        }

        return h;
    }

    private Value Enlarge(GraphBuilder g, Value h, int level)
        => g.Conv2d(h, weights / $"decoder.up_blocks.{level}.upsamplers.0.conv", h.Shape.Channels, new Conv2d(Upsample2x: true));

    private Value Temporal(GraphBuilder g, string site, Value h)
    {
        WeightScope w = weights / $"decoder.temporal_attentions.{config.TemporalSites.IndexOf(site)}";
        return config.TemporalSites.Contains(site) && w.TryGet("pos_emb", out _)
            ? new DirectedTemporalAttention(config.TemporalHeads, config.MaskMode, Norm).Forward(g, h, w, residual: h)
            : h;
    }

    private Value Middle(GraphBuilder g, Value h, WeightScope w)
    {
        int c = h.Shape.Channels;
        h = Attention(g, ResnetBlock(g, h, w / "resnets.0", c), w / "attentions.0");
        return ResnetBlock(g, h, w / "resnets.1", c);
    }

    private Value ResnetBlock(GraphBuilder g, Value x, WeightScope w, int outputs)
    {
        Value identity = w.TryGet("conv_shortcut.weight", out _) ? g.Conv2d(x, w / "conv_shortcut", outputs, new Conv2d(KernelSize: 1)) : x;
        Value h = g.Conv2d(g.GroupNorm(x, w / "norm1", NormSilu), w / "conv1", outputs, new Conv2d());
        return g.Conv2d(g.GroupNorm(h, w / "norm2", NormSilu), w / "conv2", outputs, new Conv2d(), residual: identity);
    }

    /// <summary>One head as wide as the channels.</summary>
    private Value Attention(GraphBuilder g, Value x, WeightScope w)
    {
        int c = x.Shape.Channels;
        Value y = g.GroupNorm(x, w / "group_norm", Norm);
        Value q = g.Linear(y, Named(w, "to_q", "query"), c), k = g.Linear(y, Named(w, "to_k", "key"), c), v = g.Linear(y, Named(w, "to_v", "value"), c);
        Value attended = g.Attention(q, k, v, new Attention(1, AttentionAxis.Spatial), w.Path);
        return g.Linear(attended, Named(w, "to_out.0", "proj_attn"), c, residual: x);
    }

    /// <summary>The layer under its name of today or the one it had before.</summary>
    private static WeightScope Named(WeightScope w, string today, string before)
        => w.TryGet(before + ".weight", out _) ? w / before : w / today;
}
