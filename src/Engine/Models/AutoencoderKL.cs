using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Models;

/// <summary>The KL auto-encoder of Stable Diffusion 1 and 2: 8 pixels a latent, 4 channels, each frame by itself.</summary>
/// <remarks>Norms are per frame with epsilon 1e-6. Source: AutoencoderKL of latent-diffusion.</remarks>
public sealed class AutoencoderKL(AutoencoderConfig config, WeightScope weights)
{
    private GroupNorm Norm => new(config.Groups, config.Eps);

    private GroupNorm NormSilu => new(config.Groups, config.Eps, Activation.Silu);

    /// <summary>Pixels per latent along each side.</summary>
    public int Factor => 1 << (config.ChMult.Length - 1);

    /// <summary>Pixels from latents.</summary>
    /// <param name="g">The graph.</param>
    /// <param name="z">[B, T, h, w, 4], already divided by the scaling factor.</param>
    /// <param name="tap">Sees the output of each level; for tests.</param>
    /// <returns>[B, T, H, W, 3], about [-1, 1].</returns>
    public Value Decode(GraphBuilder g, Value z, Action<string, Value>? tap = null)
    {
        WeightScope w = weights / "decoder";
        int channels = config.Ch * config.ChMult[^1];
        Value h = g.Conv2d(z, weights / "post_quant_conv", config.ZChannels, new Conv2d(KernelSize: 1));
        h = Middle(g, g.Conv2d(h, w / "conv_in", channels, new Conv2d()), w / "mid");
        tap?.Invoke("mid", h);
        for (int level = config.ChMult.Length - 1; level >= 0; level--)   // the index in the checkpoint is the level
        {
            WeightScope up = w / $"up.{level}";
            channels = config.Ch * config.ChMult[level];
            for (int block = 0; block <= config.NumResBlocks; block++)
            {
                h = ResnetBlock(g, h, up / $"block.{block}", channels);
            }

            if (level > 0)
            {
                h = g.Conv2d(h, up / "upsample.conv", channels, new Conv2d(Upsample2x: true));
            }

            tap?.Invoke($"up.{level}", h);
        }

        return g.Conv2d(g.GroupNorm(h, w / "norm_out", NormSilu), w / "conv_out", config.OutChannels, new Conv2d());
    }

    /// <summary>Mean and log-variance of the latents of a frame, unscaled.</summary>
    /// <param name="g">The graph.</param>
    /// <param name="image">[B, T, H, W, 3] in [-1, 1].</param>
    /// <returns>[B, T, h, w, 8]: four channels of mean, four of log-variance (not yet clamped to [-30, 20]).</returns>
    public Value EncodeMoments(GraphBuilder g, Value image)
    {
        WeightScope w = weights / "encoder";
        Value h = g.Conv2d(image, w / "conv_in", config.Ch, new Conv2d());
        int channels = config.Ch;
        for (int level = 0; level < config.ChMult.Length; level++)
        {
            WeightScope down = w / $"down.{level}";
            channels = config.Ch * config.ChMult[level];
            for (int block = 0; block < config.NumResBlocks; block++)
            {
                h = ResnetBlock(g, h, down / $"block.{block}", channels);
            }

            if (level + 1 < config.ChMult.Length)
            {
                // Unlike the U-Net's, this convolution pads only at the right and at the bottom.
                h = g.Conv2d(h, down / "downsample.conv", channels, new Conv2d(Stride: 2, Padding: ConvPadding.BottomRight));
            }
        }

        h = g.GroupNorm(Middle(g, h, w / "mid"), w / "norm_out", NormSilu);
        h = g.Conv2d(h, w / "conv_out", 2 * config.ZChannels, new Conv2d());
        return g.Conv2d(h, weights / "quant_conv", 2 * config.EmbedDim, new Conv2d(KernelSize: 1));
    }

    private Value Middle(GraphBuilder g, Value h, WeightScope w)
    {
        int c = h.Shape.Channels;
        h = Attention(g, ResnetBlock(g, h, w / "block_1", c), w / "attn_1");
        return ResnetBlock(g, h, w / "block_2", c);
    }

    internal Value ResnetBlock(GraphBuilder g, Value x, WeightScope w, int outputs)
    {
        Value identity = w.Contains("nin_shortcut.weight") ? g.Conv2d(x, w / "nin_shortcut", outputs, new Conv2d(KernelSize: 1)) : x;
        Value h = g.Conv2d(g.GroupNorm(x, w / "norm1", NormSilu), w / "conv1", outputs, new Conv2d());
        return g.Conv2d(g.GroupNorm(h, w / "norm2", NormSilu), w / "conv2", outputs, new Conv2d(), residual: identity);
    }

    /// <summary>One head as wide as the channels; projections are 1x1 convolutions, that is linear layers.</summary>
    internal Value Attention(GraphBuilder g, Value x, WeightScope w)
    {
        int c = x.Shape.Channels;
        Value y = g.GroupNorm(x, w / "norm", Norm);
        Value q = g.Linear(y, w / "q", c), k = g.Linear(y, w / "k", c), v = g.Linear(y, w / "v", c);
        Value attended = g.Attention(q, k, v, new Attention(1, AttentionAxis.Spatial), w.Path);
        return g.Linear(attended, w / "proj_out", c, residual: x);
    }
}
