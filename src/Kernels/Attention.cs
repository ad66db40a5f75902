namespace Hummingbird.Vulkan.Kernels;

/// <summary>Which rows attend which.</summary>
public enum AttentionAxis
{
    /// <summary>q, k, v [B,T,H,W,heads*D]: the H*W pixels of each frame attend one another.</summary>
    Spatial,

    /// <summary>q, k, v [B,T,H,W,heads*D]: the T frames attend one another at each pixel.</summary>
    Temporal,

    /// <summary>q [B,T,H,W,heads*D], k and v [B,L,heads*D]: the pixels of each frame attend the sample's L context tokens.</summary>
    Cross,

    /// <summary>q [B,Lq,heads*D], k and v [B,L,heads*D]: tokens attend tokens.</summary>
    Sequence,
}

/// <summary>Multi-head attention: y = softmax(scale * q k^T) v, for every head and every problem along <see cref="Axis"/>.</summary>
/// <remarks>
/// Inputs: 0 q, 1 k, 2 v (shapes: <see cref="AttentionAxis"/>) -> y like q. Each may be a column slice, so one fused
/// [rows, 3*heads*D] buffer serves all three. Head h is columns [h*D, h*D + D). No score is stored: the softmax is taken online.
/// Causal: token i sees tokens 0 to i, which needs as many keys as queries. Scale: 1/sqrt(D) unless given. MaskAfterSoftmax: all
/// tokens share in a causal softmax, and those behind i weigh nothing afterwards, without normalising again.
/// Reference: torch.nn.functional.scaled_dot_product_attention. Shaders: shaders/attention.comp (lanes are queries) and
/// shaders/attention_wide.comp (lanes are dimensions) for head dimensions whose rows overflow one invocation's registers; on CPU drivers
/// those of fp32 go by shaders/attention_products.comp (<see cref="AttentionProducts"/>).
/// </remarks>
public sealed partial record Attention(int Heads, AttentionAxis Axis, bool Causal = false, float? Scale = null, bool MaskAfterSoftmax = false) : Kernel
{
    // One invocation holds a query and an output row in registers: 2 * 80 values is what GPUs with 255 registers still take.
    private const int LargestNarrowHead = 80;
    private const int WideQueries = 4;

    // Their lines of memory are all touched before anything is computed: they stay in the cache until then.
    private const int FewKeys = 32;

    /// <summary>How a value of k or v reaches all queries; the numbers are those of shaders/attention.comp.</summary>
    private enum Method
    {
        Tiled = 0,
        Broadcast = 1,
        Uniform = 2,
    }

    /// <summary>The shader's parameters behind the addresses of q, k, v, y. Distances between outer, inner and tokens are in rows.</summary>
    public readonly record struct Parameters(
        uint QOuter, uint QInner, uint QToken, uint KvOuter, uint KvInner, uint KvToken,
        uint QRowStride, uint KRowStride, uint VRowStride, uint Inner, uint Heads, uint Queries, uint Keys, uint Blocks, uint Count,
        uint Fold, uint Causal, float Scale);

    /// <summary>Those of attention_products, behind the addresses of q, k, v, scratch, y.</summary>
    public readonly record struct AttentionProductsParameters(
        uint QOuter, uint QInner, uint QToken, uint KvOuter, uint KvInner, uint KvToken,
        uint QRowStride, uint KRowStride, uint VRowStride, uint Inner, uint Heads, uint Queries, uint Keys,
        uint Pitch, uint FirstProblem, uint Problems, uint FirstQuery, uint Rows, float Scale);

    /// <summary>Rows between the problems of the outer index, of the inner index, and between a problem's tokens.</summary>
    internal readonly record struct Rows(int Outer, int Inner, int Token);

    internal readonly record struct Problems(int Outer, int Inner, int Queries, int Keys, Rows Q, Rows Kv);

    public override string Name => "attention";

    public override string Attributes
        => $"heads={Heads},{Axis.ToString().ToLowerInvariant()}{(Causal ? ",causal" : "")}{(MaskAfterSoftmax ? ",mask_after" : "")}{(Scale is { } scale ? $",scale={scale:g}" : "")}";

    public override Shape Infer(ReadOnlySpan<TensorSpec> inputs)
    {
        (TensorSpec q, TensorSpec k, TensorSpec v) = (inputs[0], inputs[1], inputs[2]);
        if (Heads < 1 || q.Shape.Channels % Heads != 0)
        {
            throw new ShapeException($"{Name}: {q.Shape.Channels} channels do not divide into {Heads} heads.");
        }

        if (k.Shape != v.Shape || k.DType != q.DType || v.DType != q.DType)
        {
            throw new ShapeException($"{Name}: k and v must have one shape and q's type, found q {q}, k {k}, v {v}.");
        }

        int rank = Axis == AttentionAxis.Sequence ? 3 : 5;
        if (q.Shape.Rank != rank)
        {
            throw new ShapeException($"{Name}: q must be {(rank == 3 ? "[B,L,C]" : "[B,T,H,W,C]")} for {Axis} attention, found {q.Shape}.");
        }

        bool fits = Axis is AttentionAxis.Spatial or AttentionAxis.Temporal
            ? k.Shape == q.Shape
            : k.Shape.Rank == 3 && k.Shape[0] == q.Shape[0] && k.Shape.Channels == q.Shape.Channels;
        if (!fits)
        {
            throw new ShapeException($"{Name}: k and v {k.Shape} do not fit q {q.Shape} for {Axis} attention.");
        }

        if (MaskAfterSoftmax && !Causal)
        {
            throw new ShapeException($"{Name}: a mask behind the softmax is for causal attention.");
        }

        Problems problems = Describe(q.Shape, k.Shape);
        return !Causal || problems.Queries == problems.Keys
            ? q.Shape
            : throw new ShapeException($"{Name}: a causal mask needs as many keys as queries, found {problems.Queries} queries and {problems.Keys} keys.");
    }

    public override KernelPlan Plan(ReadOnlySpan<TensorSpec> inputs, TensorSpec output, KernelTarget target)
    {
        (TensorSpec q, TensorSpec k, TensorSpec v) = (inputs[0], inputs[1], inputs[2]);
        Problems problems = Describe(q.Shape, k.Shape);
        int headSize = q.Shape.Channels / Heads;
        bool wide = headSize > LargestNarrowHead;
        bool aligned = WideAccess.Width(q.DType, target, headSize, q.RowStride) > 1;
        if (wide && !Causal && q.DType == DType.F32 && AttentionProducts.Fits(problems.Queries, problems.Keys, headSize, aligned, target))
        {
            return new AttentionProducts(this, q, k, v, problems, target).Plan();
        }

        Method method = MethodOf(target);
        int size = wide || method != Method.Tiled ? target.SubgroupSize : NarrowWorkgroup(problems.Queries, target);
        int perLane = method == Method.Tiled || problems.Queries <= size ? 1 : QueriesPerLane(method, target);
        bool scalar = !WideAccess.IsAligned(q.DType, headSize, q.RowStride, k.RowStride, v.RowStride);
        bool touches = method != Method.Tiled && problems.Keys <= FewKeys;
        int queriesPerGroup = wide ? WideQueries : size * perLane;
        int blocks = (problems.Queries + queriesPerGroup - 1) / queriesPerGroup;
        long count = (long)problems.Outer * problems.Inner * Heads * blocks;
        Workgroups groups = Workgroups.Fold(count, target);
        Parameters parameters = new(
            (uint)problems.Q.Outer, (uint)problems.Q.Inner, (uint)problems.Q.Token,
            (uint)problems.Kv.Outer, (uint)problems.Kv.Inner, (uint)problems.Kv.Token,
            (uint)q.RowStride, (uint)k.RowStride, (uint)v.RowStride, (uint)problems.Inner, (uint)Heads,
            (uint)problems.Queries, (uint)problems.Keys, (uint)blocks, checked((uint)count),
            (uint)groups.X, Causal ? MaskAfterSoftmax ? 2u : 1u : 0u, Scale ?? (float)(1 / Math.Sqrt(headSize)));
        return new([new Dispatch(
            $"{Name}{(wide ? "_wide" : "")}.{q.DType.Name()}",
            wide ? [size, headSize, scalar ? 1 : 0] : [size, headSize, (int)method, perLane, scalar ? 1 : 0, method != Method.Tiled && target.VectorRegisters < 32 ? 1 : 0, touches ? 1 : 0],
            groups,
            [Operand.Input(0), Operand.Input(1), Operand.Input(2), Operand.Output],
            Dispatch.Pack(parameters))]);
    }

    public override Cost Cost(ReadOnlySpan<TensorSpec> inputs, TensorSpec output)
    {
        Problems problems = Describe(inputs[0].Shape, inputs[1].Shape);
        double scores = (double)problems.Outer * problems.Inner * problems.Queries * problems.Keys * (Causal && !MaskAfterSoftmax ? 0.5 : 1);
        return new(
            4 * scores * output.Shape.Channels,
            inputs[0].SizeInBytes + inputs[1].SizeInBytes + inputs[2].SizeInBytes + output.SizeInBytes);
    }

    private static Method MethodOf(KernelTarget target) => target.Matrix switch
    {
        MatrixFamily.Tiled or MatrixFamily.TiledPacked or MatrixFamily.CoopMatrix => Method.Tiled,
        MatrixFamily.LoadVector when target.MergesLoads => Method.Uniform,
        _ => Method.Broadcast,
    };

    // A value of k or v that has reached all lanes serves two products in each: gathering it is dear. Where loading it is cheap,
    // two queries are worth it only if the scores of both stay in registers.
    private static int QueriesPerLane(Method method, KernelTarget target)
        => method == Method.Uniform && target.VectorRegisters < 32 ? 1 : 2;

    // Queries side by side share the tiles of k and v; short problems take no more subgroups than they fill.
    private static int NarrowWorkgroup(int queries, KernelTarget target)
    {
        int largest = Math.Min(128, target.MaxWorkgroupInvocations);
        int needed = (queries + target.SubgroupSize - 1) / target.SubgroupSize * target.SubgroupSize;
        return Math.Min(largest, needed);
    }

    private Problems Describe(Shape q, Shape k)
    {
        if (Axis == AttentionAxis.Sequence)
        {
            return new(q[0], 1, q[1], k[1], new(q[1], 0, 1), new(k[1], 0, 1));
        }

        (int batch, int frames, int pixels) = (q[0], q[1], q[2] * q[3]);
        Rows byFrame = new(frames * pixels, pixels, 1), byPixel = new(frames * pixels, 1, pixels);
        return Axis switch
        {
            AttentionAxis.Spatial => new(batch, frames, pixels, pixels, byFrame, byFrame),
            AttentionAxis.Temporal => new(batch, pixels, frames, frames, byPixel, byPixel),
            _ => new(batch, frames, pixels, k[1], byFrame, new(k[1], 0, 1)),
        };
    }
}
