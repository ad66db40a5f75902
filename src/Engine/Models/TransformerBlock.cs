using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Models;

/// <summary>x += attn1(norm1 x); x += attn2(norm2 x, context); x += ff(norm3 x).</summary>
/// <remarks>Without a context the second attention is a second self-attention (temporal transformers). Projections of q, k and v
/// have no bias and are one product. Source: BasicTransformerBlock of VideoCrafter2.</remarks>
/// <param name="heads">Attention heads.</param>
/// <param name="axis">Which tokens attend to each other.</param>
public sealed class TransformerBlock(int heads, AttentionAxis axis)
{
    /// <param name="g">The graph.</param>
    /// <param name="x">[B, T, H, W, C].</param>
    /// <param name="w">Prefix of the block.</param>
    /// <param name="contextKeysValues">[B, L, 2 C] or null.</param>
    public Value Forward(GraphBuilder g, Value x, WeightScope w, Value? contextKeysValues)
    {
        x = SelfAttention(g, x, g.LayerNorm(x, w / "norm1"), w / "attn1");
        Value y = g.LayerNorm(x, w / "norm2");
        x = contextKeysValues is null
            ? SelfAttention(g, x, y, w / "attn2")
            : CrossAttention(g, x, y, w / "attn2", contextKeysValues);
        return FeedForward(g, x, g.LayerNorm(x, w / "norm3"), w / "ff.net");
    }

    private static Value FeedForward(GraphBuilder g, Value x, Value y, WeightScope w)
    {
        int c = x.Shape.Channels;
        return g.Linear(g.Linear(y, w / "0.proj", 8 * c, Activation.Geglu), w / "2", c, residual: x);
    }

    private Value SelfAttention(GraphBuilder g, Value x, Value y, WeightScope w)
    {
        int c = x.Shape.Channels;
        Value qkv = g.FusedLinear(y, c, w / "to_q", w / "to_k", w / "to_v");
        Value attended = g.Attention(g.Columns(qkv, 0, c), g.Columns(qkv, c, c), g.Columns(qkv, 2 * c, c), new Attention(heads, axis), w.Path);
        return g.Linear(attended, w / "to_out.0", c, residual: x);
    }

    private Value CrossAttention(GraphBuilder g, Value x, Value y, WeightScope w, Value contextKeysValues)
    {
        int c = x.Shape.Channels;
        Value q = g.Linear(y, w / "to_q", c);
        int batch = contextKeysValues.Shape[0];
        bool isShared = batch != x.Shape[0];   // several videos read one prompt: to the attention they are one longer video
        Value queries = isShared ? g.Reshape(q, [batch, x.Shape[0] * x.Shape[1] / batch, x.Shape[2], x.Shape[3], c]) : q;
        Value attended = g.Attention(
            queries, g.Columns(contextKeysValues, 0, c), g.Columns(contextKeysValues, c, c), new Attention(heads, AttentionAxis.Cross), w.Path);
        return g.Linear(isShared ? g.Reshape(attended, x.Shape) : attended, w / "to_out.0", c, residual: x);
    }
}
