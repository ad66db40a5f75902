namespace Hummingbird.Vulkan.Kernels;

/// <summary>Decoded frames to bytes: truncate((clamp(x, -1, 1) + 1) / 2 * 255).</summary>
/// <remarks>Input: 0 x [..., H, W, 3] f32 or f16 -> y u8 of the same shape. Truncation, not rounding, as the published model does it;
/// every operation is exact to the last fp32 bit, so bytes are equal everywhere. NaN becomes 0. Shader: shaders/to_rgb8.comp.</remarks>
public sealed partial record ToRgb8 : Kernel
{
    private const int ValuesPerInvocation = 8;

    /// <summary>The shader's parameters behind the addresses of x, y.</summary>
    public readonly record struct Parameters(uint Count, uint RowStride, uint Fold);

    public override string Name => "to_rgb8";

    public override Shape Infer(ReadOnlySpan<TensorSpec> inputs)
        => inputs[0].Shape.Channels == 3 && inputs[0].DType is DType.F32 or DType.F16
            ? inputs[0].Shape
            : throw new ShapeException($"{Name}: x must have 3 channels in f32 or f16, found {inputs[0]}.");

    public override DType OutputType(ReadOnlySpan<TensorSpec> inputs) => DType.U8;

    public override KernelPlan Plan(ReadOnlySpan<TensorSpec> inputs, TensorSpec output, KernelTarget target)
    {
        TensorSpec x = inputs[0];
        FlatDispatch flat = FlatDispatch.Over(x.Shape.Count, ValuesPerInvocation, target);
        return new([new Dispatch(
            $"{Name}.{x.DType.Name()}",
            [flat.WorkgroupSize],
            flat.Workgroups,
            [Operand.Input(0), Operand.Output],
            Dispatch.Pack(new Parameters(flat.Count, (uint)x.RowStride, flat.Fold)))]);
    }

    public override Cost Cost(ReadOnlySpan<TensorSpec> inputs, TensorSpec output)
        => new(3.0 * output.Shape.Count, inputs[0].SizeInBytes + output.SizeInBytes);
}
