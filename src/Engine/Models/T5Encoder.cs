using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Models;

/// <summary>The encoder of T5 1.0 and 1.1: RMS norms, no biases, attention without a scale and with a bias for each distance.</summary>
/// <remarks>All tokens attend to all: a sentence comes without padding. Source: Raffel et al., "Exploring the Limits of Transfer Learning with a
/// Unified Text-to-Text Transformer", 2020; names are those of Hugging Face's T5EncoderModel.</remarks>
public sealed class T5Encoder(T5Config config, WeightScope weights)
{
    /// <param name="g">The graph; fp32, since states of T5 are known to leave fp16's range.</param>
    /// <param name="ids">Token ids [B, L], the end token included.</param>
    /// <returns>[B, L, C].</returns>
    public Value Forward(GraphBuilder g, Value ids)
    {
        Value x = g.Add(new Embedding(), "shared", ids, g.Table(Embeddings()), null);
        int length = ids.Shape[1];
        WeightTensor table = weights.Get(
            "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight", config.RelativeAttentionNumBuckets, config.NumHeads);
        Value bias = g.Reshape(g.Parameter(new RelativePositionBias(table, config, length)), [config.NumHeads, (2 * length) - 1]);
        for (int i = 0; i < config.NumLayers; i++)
        {
            WeightScope layers = weights / $"encoder.block.{i}.layer";
            x = Attend(g, x, bias, layers / 0);
            x = FeedForward(g, x, layers / 1);
        }

        return g.RmsNorm(x, weights / "encoder.final_layer_norm", config.LayerNormEpsilon);
    }

    // Files hold the table once or twice, under either name.
    private WeightTensor Embeddings()
        => weights.TryGet("encoder.embed_tokens.weight", out _) && !weights.TryGet("shared.weight", out _)
            ? weights.Get("encoder.embed_tokens.weight", config.VocabSize, config.DModel)
            : weights.Get("shared.weight", config.VocabSize, config.DModel);

    private Value Attend(GraphBuilder g, Value x, Value bias, WeightScope w)
    {
        int inner = config.NumHeads * config.DKv;
        WeightScope attention = w / "SelfAttention";
        Value y = g.RmsNorm(x, w / "layer_norm", config.LayerNormEpsilon);
        Value qkv = g.FusedLinear(y, inner, attention / "q", attention / "k", attention / "v");
        Value attended = g.Add(
            new BiasedAttention(config.NumHeads), attention.Path,
            g.Columns(qkv, 0, inner), g.Columns(qkv, inner, inner), g.Columns(qkv, 2 * inner, inner), bias);
        return g.Linear(attended, attention / "o", config.DModel, residual: x);
    }

    private Value FeedForward(GraphBuilder g, Value x, WeightScope w)
    {
        WeightScope dense = w / "DenseReluDense";
        Value y = g.RmsNorm(x, w / "layer_norm", config.LayerNormEpsilon);
        Value hidden = config.IsGated
            ? g.Add(new Elementwise(ElementwiseOp.GatedGelu), dense.Path, g.Linear(y, dense / "wi_0", config.DFf), g.Linear(y, dense / "wi_1", config.DFf))
            : g.Add(new Elementwise(ElementwiseOp.Relu), dense.Path, g.Linear(y, dense / "wi", config.DFf), null);
        return g.Linear(hidden, dense / "wo", config.DModel, residual: x);
    }
}
