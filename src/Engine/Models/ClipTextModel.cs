using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Models;

/// <summary>The CLIP text tower as it conditions video models: the output of the last block that is run, then the final norm.</summary>
/// <remarks>Pre-norm blocks, exact or quick GELU, causal mask only (padding tokens are attended to). Names are open_clip's (ViT-H/14 of
/// FrozenOpenCLIPEmbedder, its last block left out) or Hugging Face's CLIPTextModel (ViT-L/14 of Stable Diffusion 1.x, all blocks).</remarks>
public sealed class ClipTextModel
{
    private readonly TextEncoderConfig config;
    private readonly WeightScope weights;
    private readonly Names names;

    public ClipTextModel(TextEncoderConfig config, WeightScope weights)
    {
        this.config = config;
        this.weights = weights;
        names = weights.TryGet(Names.HuggingFace.Tokens, out _) ? Names.HuggingFace : Names.OpenClip;
    }

    /// <param name="g">The graph.</param>
    /// <param name="ids">Token ids [B, L].</param>
    /// <returns>[B, L, C], not normalised further.</returns>
    public Value Forward(GraphBuilder g, Value ids)
    {
        Value x = g.Add(
            new Embedding(), "token_embedding", ids,
            g.Table(weights.Get(names.Tokens, config.VocabSize, config.HiddenSize)),
            g.Table(weights.Get(names.Positions, config.MaxPositionEmbeddings, config.HiddenSize)));
        for (int i = 0; i < config.NumHiddenLayers - config.SkipLast; i++)
        {
            x = Block(g, x, weights / $"{names.Blocks}.{i}");
        }

        return g.LayerNorm(x, weights / names.FinalNorm);
    }

    private Value Block(GraphBuilder g, Value x, WeightScope w)
    {
        int c = config.HiddenSize;
        Value y = g.LayerNorm(x, w / names.FirstNorm);
        Value weight = g.MatrixWeight([3 * c, c], isConvolution: false, Projections(w, names.ProjectionWeights, c));
        Value qkv = g.Add(new MatMul(), (w / names.Attention).Path, y, weight, g.Parameter(Projections(w, names.ProjectionBiases, c)), null, null);
        Value attended = g.Attention(
            g.Columns(qkv, 0, c), g.Columns(qkv, c, c), g.Columns(qkv, 2 * c, c),
            new Attention(config.NumAttentionHeads, AttentionAxis.Sequence, Causal: true), (w / names.Attention).Path);
        x = g.Linear(attended, w / names.Attention / "out_proj", c, residual: x);
        Activation gelu = config.HiddenAct == "quick_gelu" ? Activation.QuickGelu : Activation.GeluErf;
        Value hidden = g.Linear(g.LayerNorm(x, w / names.SecondNorm), w / names.Widen, config.IntermediateSize, gelu);
        return g.Linear(hidden, w / names.Narrow, c, residual: x);
    }

    /// <summary>Queries, keys and values, in one tensor or in three.</summary>
    private static ImmutableArray<WeightTensor> Projections(WeightScope w, ImmutableArray<string> parts, int channels)
    {
        int rows = 3 / parts.Length * channels;
        return [.. parts.Select(name => name.EndsWith("bias", StringComparison.Ordinal) ? w.Get(name, rows) : w.Get(name, rows, channels))];
    }

    private sealed record Names(
        string Tokens, string Positions, string Blocks, string FinalNorm, string FirstNorm, string SecondNorm, string Attention,
        ImmutableArray<string> ProjectionWeights, ImmutableArray<string> ProjectionBiases, string Widen, string Narrow)
    {
        public static Names OpenClip { get; } = new(
            "token_embedding.weight", "positional_embedding", "transformer.resblocks", "ln_final", "ln_1", "ln_2", "attn",
            ["attn.in_proj_weight"], ["attn.in_proj_bias"], "mlp.c_fc", "mlp.c_proj");

        public static Names HuggingFace { get; } = new(
            "text_model.embeddings.token_embedding.weight", "text_model.embeddings.position_embedding.weight", "text_model.encoder.layers",
            "text_model.final_layer_norm", "layer_norm1", "layer_norm2", "self_attn",
            ["self_attn.q_proj.weight", "self_attn.k_proj.weight", "self_attn.v_proj.weight"],
            ["self_attn.q_proj.bias", "self_attn.k_proj.bias", "self_attn.v_proj.bias"], "mlp.fc1", "mlp.fc2");
    }
}
