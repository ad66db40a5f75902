using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Models;

/// <summary>MagicVideo's attention over frames at each pixel, in which frame i sees frames 0 to i and no later one.</summary>
/// <remarks>norm, + learned frame positions, q k v (no bias), heads, causal softmax, to_out.0. Source: MagicVideo, 2022, figure 3.</remarks>
/// <param name="heads">Attention heads.</param>
/// <param name="maskMode">"pre" or "post" the softmax.</param>
/// <param name="norm">GroupNorm per frame (VideoVAE); null: LayerNorm (U-Net).</param>
public sealed class DirectedTemporalAttention(int heads, string maskMode, GroupNorm? norm = null)
{
    /// <param name="g">The graph.</param>
    /// <param name="x">[B, F, H, W, C].</param>
    /// <param name="w">Prefix of the layer.</param>
    /// <param name="residual">What the result is added to; null: the change alone.</param>
    public Value Forward(GraphBuilder g, Value x, WeightScope w, Value? residual)
    {
        int c = x.Shape.Channels;
        Value y = norm is null ? g.LayerNorm(x, w / "norm") : g.GroupNorm(x, w / "norm", norm);
        y = FrameAdaptor.AddPositions(g, y, w, "pos_emb");
        Value qkv = g.FusedLinear(y, c, w / "to_q", w / "to_k", w / "to_v");
        Attention kernel = new(heads, AttentionAxis.Temporal, Causal: true, MaskAfterSoftmax: maskMode == "post");
        Value attended = g.Attention(g.Columns(qkv, 0, c), g.Columns(qkv, c, c), g.Columns(qkv, 2 * c, c), kernel, w.Path);
        return g.Linear(attended, w / "to_out.0", c, residual: residual);
    }
}
