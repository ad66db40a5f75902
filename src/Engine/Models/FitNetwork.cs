using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Models;

/// <summary>Snap Video's FIT: patches in groups; latent tokens read from them, think together, and write back.</summary>
/// <remarks>
/// Everything patches take part in happens within a group, so groups are a batch, and the stream of patches is kept in pieces of whole
/// groups: no activation grows with the video but the stream itself. Patches come group by group, raster order inside (see
/// <c>PatchLayout</c>): the sampler's state is kept so, and cutting into patches is a plain product.
/// Source: Menapace et al., "Snap Video", 2024, section 3.2; Chen and Li, "FIT: Far-reaching Interleaved Transformers", 2023.
/// </remarks>
public sealed class FitNetwork(FitConfig config, WeightScope weights)
{
    /// <summary>Elements of a feed-forward layer's inside at most, unless one group alone has more.</summary>
    private const long MostHiddenElements = 1L << 27;

    public FitConfig Config => config;

    /// <summary>Where the weights are.</summary>
    public WeightScope Weights => weights;

    /// <summary>Values of a patch: (channel, frame, row, column).</summary>
    public int PatchValues => config.InChannels * config.PatchPixels;

    /// <summary>Groups in one piece of the stream; divides the groups.</summary>
    public int GroupsPerPiece
    {
        get
        {
            long perGroup = (long)config.PatchesPerGroup * config.FfMult * config.PatchDim;
            return Enumerable.Range(1, config.Groups).Last(n => n == 1 || (config.Groups % n == 0 && n * perGroup <= MostHiddenElements));
        }
    }

    /// <summary>The latents a pass starts with: learned ones plus what the latents of the pass before make of them.</summary>
    /// <param name="g">The graph.</param>
    /// <param name="batch">Samples.</param>
    /// <param name="previous">[B, L, C] of the pass before; null builds a network that never has one.</param>
    /// <param name="coefficients">[R, 4] with (1, x, 0, 0) in row <paramref name="row"/>: x is 0 for the first pass, then 1.</param>
    public Value StartLatents(GraphBuilder g, int batch, Value? previous = null, Value? coefficients = null, int row = 0)
    {
        Value learned = g.Reshape(g.Parameter(weights.Get("latents", config.LatentCount, config.LatentDim)), [1, config.LatentCount, config.LatentDim]);
        Value start = batch == 1 ? learned : g.Concatenate([.. Enumerable.Repeat(learned, batch)]);
        if (previous is not null)
        {
            WeightScope w = weights / "self_cond";
            Value seen = g.ScaleNorm(FeedForward(g, previous, w / "ff", isAdded: false), w / "norm");
            start = g.Add(new SchedulerStep(row), w.Path, start, g.Cast(seen, DType.F32), null, null, coefficients);
        }

        return g.Cast(start, g.Storage);
    }

    /// <param name="g">The graph.</param>
    /// <param name="patches">[B or 1, patches, <see cref="PatchValues"/>], times c_in; of one sample, all of the batch see it.</param>
    /// <param name="context">Conditioning tokens [B, M, C].</param>
    /// <param name="latents">[B, L, C] of <see cref="StartLatents"/>.</param>
    /// <param name="lowres">The coarser video like <paramref name="patches"/>, for networks that read one.</param>
    /// <returns>F [B, patches, values] and the latents after the last block.</returns>
    public (Value Patches, Value Latents) Forward(GraphBuilder g, Value patches, Value context, Value latents, Value? lowres = null)
    {
        Value[] pieces = Embed(g, patches, lowres);
        Value[] stream = patches.Shape[0] == context.Shape[0] ? pieces : [.. Enumerable.Repeat(pieces, context.Shape[0]).SelectMany(p => p)];
        for (int i = 0; i < config.Blocks; i++)
        {
            latents = Block(g, stream, latents, context, weights / $"blocks.{i}");
        }

        Local(g, stream, weights / $"blocks.{config.Blocks}");
        Value[] outputs = [.. stream.Select(p => g.Linear(g.ScaleNorm(p, weights / "final_norm"), weights / "unpatch", PatchValues))];
        return (g.Reshape(g.Concatenate(outputs), [context.Shape[0], config.Patches, PatchValues]), latents);
    }

    private Value[] Embed(GraphBuilder g, Value patches, Value? lowres)
    {
        WeightScope w = weights / "patch_embed";
        int others = config.CondChannels * config.PatchPixels, groups = GroupsPerPiece;
        WeightTensor matrix = w.Get("proj.weight", config.PatchDim, PatchValues + others);
        Value pos = g.Table(weights.Get("pos_embed", config.Patches, config.PatchDim));
        Value Product(Value x, int start, Value? bias, Value? residual) => g.Add(
            new MatMul(), w.Path, x,
            g.MatrixWeight([config.PatchDim, x.Shape.Channels], isConvolution: false, others == 0 ? matrix : new WeightColumns(matrix, start, x.Shape.Channels)),
            bias, null, residual);
        Value bias = g.Parameter(w.Get("proj.bias", config.PatchDim));
        Value InGroups(Value x) => g.Reshape(x, [x.Shape[0] * config.Groups, config.PatchesPerGroup, x.Shape.Channels]);
        (Value own, Value? coarse) = (InGroups(patches), lowres is null ? null : InGroups(lowres));
        Value[] pieces = new Value[own.Shape[0] / groups];
        for (int i = 0; i < pieces.Length; i++)
        {
            int first = i * groups % config.Groups * config.PatchesPerGroup, count = groups * config.PatchesPerGroup;
            Value? low = coarse is null ? null : Product(g.Slices(coarse, i * groups, groups), PatchValues, bias, null);
            Value tokens = g.LayerNorm(Product(g.Slices(own, i * groups, groups), 0, low is null ? bias : null, low), w / "norm");
            pieces[i] = g.Add(new Elementwise(ElementwiseOp.Add), "pos_embed", tokens, g.Reshape(g.Slices(pos, first, count), tokens.Shape));
        }

        return pieces;
    }

    /// <summary>Changes the stream's pieces in place and gives the new latents.</summary>
    private Value Block(GraphBuilder g, Value[] stream, Value latents, Value context, WeightScope w)
    {
        Local(g, stream, w);
        int size = config.LatentDim;
        Shape whole = latents.Shape, grouped = [whole[0] * config.Groups, config.LatentsPerGroup, size];

        WeightScope read = w / "ctx_attn";
        int inner = Math.Min(size, config.CtxDim);
        Value attended = Attend(g, Queries(g, latents, read, inner), KeysValues(g, context, read, inner), config.PatchHeadDim, read.Path);
        latents = FeedForward(g, g.Linear(attended, read / "to_out", size, residual: latents), w / "ctx_ff");

        read = w / "read_attn";
        inner = Math.Min(size, config.PatchDim);
        latents = g.Reshape(latents, grouped);
        Value queries = Queries(g, latents, read, inner);
        Value[] parts = new Value[stream.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            Value own = g.Slices(queries, i * GroupsPerPiece, GroupsPerPiece);
            parts[i] = Attend(g, own, KeysValues(g, stream[i], read, inner), config.PatchHeadDim, read.Path);
        }

        latents = FeedForward(g, g.Linear(g.Concatenate(parts), read / "to_out", size, residual: latents), w / "read_ff");

        latents = g.Reshape(latents, whole);
        for (int i = 0; i < config.GlobalLayers; i++)
        {
            latents = SelfLayer(g, latents, w / $"global_layers.{i}", config.LatentHeadDim);
        }

        WeightScope write = w / "write_attn";
        Value keysValues = KeysValues(g, g.Reshape(latents, grouped), write, inner);
        for (int i = 0; i < stream.Length; i++)
        {
            Value own = g.Slices(keysValues, i * GroupsPerPiece, GroupsPerPiece);
            Value answers = Attend(g, Queries(g, stream[i], write, inner), own, config.PatchHeadDim, write.Path);
            stream[i] = FeedForward(g, g.Linear(answers, write / "to_out", config.PatchDim, residual: stream[i]), w / "write_ff");
        }

        return latents;
    }

    /// <summary>Self-attention within each group; published models have none.</summary>
    private void Local(GraphBuilder g, Value[] stream, WeightScope w)
    {
        for (int layer = 0; layer < config.LocalLayers; layer++)
        {
            for (int i = 0; i < stream.Length; i++)
            {
                stream[i] = SelfLayer(g, stream[i], w / $"local_layers.{layer}", config.PatchHeadDim);
            }
        }
    }

    /// <summary>x += attn(x); x += ff(x).</summary>
    public Value SelfLayer(GraphBuilder g, Value x, WeightScope w, int headDim)
        => FeedForward(g, SelfAttention(g, x, w / "attn", headDim, residual: x), w / "ff");

    /// <summary>Tokens attend one another within each entry of the batch.</summary>
    public static Value SelfAttention(GraphBuilder g, Value x, WeightScope attn, int headDim, Value? residual)
    {
        int c = x.Shape.Channels;
        Value weight = g.MatrixWeight([3 * c, c], isConvolution: false, attn.Get("to_q.weight", c, c), attn.Get("to_kv.weight", 2 * c, c));
        Value qkv = g.Add(new MatMul(), attn.Path, g.ScaleNorm(x, attn / "norm_q"), weight, null, null, null);
        Value attended = g.Attention(
            g.Columns(qkv, 0, c), g.Columns(qkv, c, c), g.Columns(qkv, 2 * c, c), new Attention(c / headDim, AttentionAxis.Sequence), attn.Path);
        return g.Linear(attended, attn / "to_out", c, residual: residual);
    }

    /// <summary>What queries of x read in y: W_out softmax(q k^T) v, not added to x. For the layers as they stand alone.</summary>
    public Value CrossAttention(GraphBuilder g, Value x, Value y, WeightScope w)
    {
        int inner = Math.Min(x.Shape.Channels, y.Shape.Channels);
        return g.Linear(Attend(g, Queries(g, x, w, inner), KeysValues(g, y, w, inner), config.PatchHeadDim, w.Path), w / "to_out", x.Shape.Channels);
    }

    private static Value Queries(GraphBuilder g, Value x, WeightScope w, int inner) => g.Linear(g.ScaleNorm(x, w / "norm_q"), w / "to_q", inner);

    private static Value KeysValues(GraphBuilder g, Value y, WeightScope w, int inner) => g.Linear(g.ScaleNorm(y, w / "norm_kv"), w / "to_kv", 2 * inner);

    private static Value Attend(GraphBuilder g, Value queries, Value keysValues, int headDim, string label)
    {
        int inner = queries.Shape.Channels;
        return g.Attention(
            queries, g.Columns(keysValues, 0, inner), g.Columns(keysValues, inner, inner), new Attention(inner / headDim, AttentionAxis.Sequence), label);
    }

    /// <summary>x + W2 gelu(W1 norm(x) + b1) + b2, or without the first x.</summary>
    private Value FeedForward(GraphBuilder g, Value x, WeightScope w, bool isAdded = true)
    {
        int c = x.Shape.Channels;
        Value hidden = g.Linear(g.ScaleNorm(x, w / "norm"), w / "fc1", config.FfMult * c, Activation.GeluErf);
        return g.Linear(hidden, w / "fc2", c, residual: isAdded ? x : null);
    }
}
