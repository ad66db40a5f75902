namespace Hummingbird.Vulkan.Kernels;

/// <summary>How many values are NaN or infinite: tells whether fp16 storage overflowed.</summary>
/// <remarks>Input: 0 x, f32 or f16, any shape, may be a column slice -> i32 [1]. Shader: shaders/non_finite_count.comp.</remarks>
public sealed partial record NonFiniteCount : Kernel
{
    private const int ValuesPerInvocation = 16;

    /// <summary>The shader's parameters behind the addresses of x, y.</summary>
    public readonly record struct Parameters(uint Count, uint Channels, uint RowStride, uint Fold);

    public override string Name => "non_finite_count";

    public override Shape Infer(ReadOnlySpan<TensorSpec> inputs)
        => inputs[0].DType is DType.F32 or DType.F16 ? [1] : throw new ShapeException($"{Name}: x must be f32 or f16, found {inputs[0]}.");

    public override DType OutputType(ReadOnlySpan<TensorSpec> inputs) => DType.I32;

    public override KernelPlan Plan(ReadOnlySpan<TensorSpec> inputs, TensorSpec output, KernelTarget target)
    {
        TensorSpec x = inputs[0];
        FlatDispatch flat = FlatDispatch.Over(x.Shape.Count, ValuesPerInvocation, target);
        return new(
            [new Dispatch(
                $"{Name}.{x.DType.Name()}",
                [flat.WorkgroupSize],
                flat.Workgroups,
                [Operand.Input(0), Operand.Output],
                Dispatch.Pack(new Parameters(flat.Count, (uint)x.Shape.Channels, (uint)x.RowStride, flat.Fold)))],
            ClearOutput: true);
    }

    public override Cost Cost(ReadOnlySpan<TensorSpec> inputs, TensorSpec output) => new(inputs[0].Shape.Count, inputs[0].SizeInBytes);
}
