using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Models;

/// <summary>The OpenCLIP text tower as it conditions video models: the penultimate block's output, then the final norm.</summary>
/// <remarks>Pre-norm blocks, exact GELU, causal mask only (padding tokens are attended to). Source: FrozenOpenCLIPEmbedder over
/// open_clip's ViT-H/14.</remarks>
public sealed class ClipTextModel(TextEncoderConfig config, WeightScope weights)
{
    /// <param name="g">The graph.</param>
    /// <param name="ids">Token ids [B, L].</param>
    /// <returns>[B, L, C], not normalised further.</returns>
    public Value Forward(GraphBuilder g, Value ids)
    {
        Value x = g.Add(
            new Embedding(), "token_embedding", ids,
            g.Table(weights.Get("token_embedding.weight", config.VocabSize, config.HiddenSize)),
            g.Table(weights.Get("positional_embedding", config.MaxPositionEmbeddings, config.HiddenSize)));
        for (int i = 0; i < config.NumHiddenLayers - config.SkipLast; i++)
        {
            x = Block(g, x, weights / $"transformer.resblocks.{i}");
        }

        return g.LayerNorm(x, weights / "ln_final");
    }

    private Value Block(GraphBuilder g, Value x, WeightScope w)
    {
        int c = config.HiddenSize;
        Value y = g.LayerNorm(x, w / "ln_1");
        Value weight = g.MatrixWeight([3 * c, c], isConvolution: false, w.Get("attn.in_proj_weight", 3 * c, c));
        Value qkv = g.Add(new MatMul(), (w / "attn.in_proj").Path, y, weight, g.Parameter(w.Get("attn.in_proj_bias", 3 * c)), null, null);
        Value attended = g.Attention(
            g.Columns(qkv, 0, c), g.Columns(qkv, c, c), g.Columns(qkv, 2 * c, c),
            new Attention(config.NumAttentionHeads, AttentionAxis.Sequence, Causal: true), (w / "attn").Path);
        x = g.Linear(attended, w / "attn.out_proj", c, residual: x);
        Value hidden = g.Linear(g.LayerNorm(x, w / "ln_2"), w / "mlp.c_fc", config.IntermediateSize, config.HiddenAct == "quick_gelu" ? Activation.QuickGelu : Activation.GeluErf);
        return g.Linear(hidden, w / "mlp.c_proj", c, residual: x);
    }
}
