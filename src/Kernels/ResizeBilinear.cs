namespace Hummingbird.Vulkan.Kernels;

/// <summary>Images enlarged by a whole factor, each new pixel a mean of the nearest two by two.</summary>
/// <remarks>Input: 0 x [..., H, W, C] f32 -> y [..., factor * H, factor * W, C], contiguous. x may be a column slice. Pixels
/// are areas: corners are not aligned. Reference: torch.nn.functional.interpolate(mode="bilinear", align_corners=False).
/// Shader: shaders/resize_bilinear.comp.</remarks>
/// <param name="Factor">2 to 64.</param>
public sealed partial record ResizeBilinear(int Factor) : Kernel
{
    private const int ValuesPerInvocation = 4;

    /// <summary>The shader's parameters behind the addresses of x, y.</summary>
    public readonly record struct Parameters(uint Count, uint Channels, uint RowStride, uint Height, uint Width, uint Factor, uint Fold);

    public override string Name => "resize_bilinear";

    public override string Attributes => $"factor={Factor}";

    public override Shape Infer(ReadOnlySpan<TensorSpec> inputs)
    {
        TensorSpec x = inputs[0];
        if (Factor is < 2 or > 64 || x.Shape.Rank < 3 || x.DType != DType.F32)
        {
            throw new ShapeException($"{Name}: x must be f32 [..., H, W, C] and the factor 2 to 64, found {x} and {Factor}.");
        }

        int[] extents = x.Shape.ToArray();
        (extents[^3], extents[^2]) = (checked(extents[^3] * Factor), checked(extents[^2] * Factor));
        return new(extents);
    }

    public override KernelPlan Plan(ReadOnlySpan<TensorSpec> inputs, TensorSpec output, KernelTarget target)
    {
        TensorSpec x = inputs[0];
        FlatDispatch flat = FlatDispatch.Over(output.Shape.Count, ValuesPerInvocation, target);
        return new([new Dispatch(
            $"{Name}.{x.DType.Name()}",
            [flat.WorkgroupSize],
            flat.Workgroups,
            [Operand.Input(0), Operand.Output],
            Dispatch.Pack(new Parameters(
                flat.Count, (uint)x.Shape.Channels, (uint)x.RowStride, (uint)x.Shape[-3], (uint)x.Shape[-2], (uint)Factor, flat.Fold)))]);
    }

    public override Cost Cost(ReadOnlySpan<TensorSpec> inputs, TensorSpec output)
        => new(8.0 * output.Shape.Count, inputs[0].SizeInBytes + output.SizeInBytes);
}
