namespace Hummingbird.Vulkan.Kernels;

/// <summary>Self-attention of a sequence whose scores have a bias for each distance: y = softmax(scale * q k^T + bias) v.</summary>
/// <remarks>
/// Inputs: 0 q, 1 k, 2 v [B, L, heads * D], each may be a column slice; 3 bias [heads, 2L - 1] fp32, where column j - i + L - 1 is for a query i
/// and a key j -> y [B, L, heads * D], contiguous. For short sequences: all scores of a query lie in shared memory.
/// Reference: torch.nn.functional.scaled_dot_product_attention with attn_mask, T5's relative position bias.
/// Shader: shaders/biased_attention.comp.
/// </remarks>
/// <param name="Heads">Attention heads.</param>
/// <param name="Scale">1 for T5.</param>
public sealed partial record BiasedAttention(int Heads, float Scale = 1) : Kernel
{
    private const int LongestWorkgroup = 64;

    // Kept for the reductions beside the scores.
    private const int SharedBytesBesides = 1024;

    /// <summary>The shader's parameters behind the addresses of q, k, v, bias, y.</summary>
    public readonly record struct Parameters(
        uint Length, uint Heads, uint QRowStride, uint KRowStride, uint VRowStride, uint Count, uint Fold, float Scale);

    public override string Name => "biased_attention";

    public override string Attributes => $"heads={Heads}{(Scale == 1 ? "" : $",scale={Scale:g}")}";

    public override Shape Infer(ReadOnlySpan<TensorSpec> inputs)
    {
        (TensorSpec q, TensorSpec bias) = (inputs[0], inputs[3]);
        if (q.Shape.Rank != 3 || q.DType != DType.F32 || Heads < 1 || q.Shape.Channels % Heads != 0)
        {
            throw new ShapeException($"{Name}: q must be f32 [B,L,C] with channels of {Heads} heads, found {q}.");
        }

        for (int i = 1; i <= 2; i++)
        {
            if (inputs[i].Shape != q.Shape || inputs[i].DType != q.DType)
            {
                throw new ShapeException($"{Name}: {(i == 1 ? "k" : "v")} must be as q {q}, found {inputs[i]}.");
            }
        }

        return bias.Shape == [Heads, (2 * q.Shape[1]) - 1] && bias.DType == DType.F32
            ? q.Shape
            : throw new ShapeException($"{Name}: bias must be f32[{Heads},{(2 * q.Shape[1]) - 1}] for {q.Shape[1]} tokens, found {bias}.");
    }

    public override KernelPlan Plan(ReadOnlySpan<TensorSpec> inputs, TensorSpec output, KernelTarget target)
    {
        (TensorSpec q, TensorSpec k, TensorSpec v) = (inputs[0], inputs[1], inputs[2]);
        int length = q.Shape[1];
        if (length * sizeof(float) + SharedBytesBesides > target.SharedMemoryBytes)
        {
            throw new ShapeException($"{Name}: {length} tokens are more than {target.SharedMemoryBytes} bytes of shared memory hold the scores of.");
        }

        int size = target.IsCpu ? target.SubgroupSize : Math.Max(target.SubgroupSize, Math.Min(LongestWorkgroup, target.MaxWorkgroupInvocations));
        long count = q.Shape.Rows * Heads;
        Workgroups groups = Workgroups.Fold(count, target);
        return new([new Dispatch(
            $"{Name}.{q.DType.Name()}",
            [size, q.Shape.Channels / Heads, length],
            groups,
            [Operand.Input(0), Operand.Input(1), Operand.Input(2), Operand.Input(3), Operand.Output],
            Dispatch.Pack(new Parameters(
                (uint)length, (uint)Heads, (uint)q.RowStride, (uint)k.RowStride, (uint)v.RowStride, checked((uint)count), (uint)groups.X, Scale)))]);
    }

    public override Cost Cost(ReadOnlySpan<TensorSpec> inputs, TensorSpec output)
        => new(4.0 * output.Shape.Count * output.Shape[1], 4.0 * output.SizeInBytes);
}
