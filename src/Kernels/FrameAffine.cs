namespace Hummingbird.Vulkan.Kernels;

/// <summary>A factor and an offset for each frame and channel, and a sum: y[b,f,h,w,c] = factor[f,c] * x[b,f,h,w,c] + offset[f,c] + addend[b,f,h,w,c].</summary>
/// <remarks>Inputs: 0 x [B, F, H, W, C]; 1 factor f32 [F, C], 2 offset f32 [F, C], 3 addend like x, each optional -> y like x, contiguous.
/// x and addend may be column slices. MagicVideo's frame-wise adaptor with the sum behind it, and learned frame positions (offset
/// alone); behind a convolution <see cref="Conv2d"/> does it in passing. Shader: shaders/frame_affine.comp.</remarks>
public sealed partial record FrameAffine : Kernel
{
    private const int ValuesPerInvocation = 8;

    /// <summary>The shader's parameters behind the addresses of x, factor, offset, addend, y.</summary>
    public readonly record struct Parameters(uint Count, uint Channels, uint FrameRows, uint Frames, uint XRowStride, uint AddendRowStride, uint Fold);

    public override string Name => "frame_affine";

    public override Shape Infer(ReadOnlySpan<TensorSpec> inputs)
    {
        (TensorSpec x, TensorSpec addend) = (inputs[0], inputs[3]);
        if (x.Shape.Rank != 5 || x.DType is not (DType.F32 or DType.F16))
        {
            throw new ShapeException($"{Name}: x must be f32 or f16 [B,F,H,W,C], found {x}.");
        }

        for (int i = 1; i <= 2; i++)
        {
            Shape expected = [x.Shape[1], x.Shape.Channels];
            if (inputs[i].IsPresent && (inputs[i].Shape != expected || inputs[i].DType != DType.F32 || !inputs[i].IsContiguous))
            {
                throw new ShapeException($"{Name}: {(i == 1 ? "factor" : "offset")} must be contiguous f32{expected} for x {x}, found {inputs[i]}.");
            }
        }

        return !addend.IsPresent || (addend.Shape == x.Shape && addend.DType == x.DType)
            ? x.Shape
            : throw new ShapeException($"{Name}: the addend must be like x {x}, found {addend}.");
    }

    public override KernelPlan Plan(ReadOnlySpan<TensorSpec> inputs, TensorSpec output, KernelTarget target)
    {
        (TensorSpec x, TensorSpec addend) = (inputs[0], inputs[3]);
        FlatDispatch flat = FlatDispatch.Over(x.Shape.Count, ValuesPerInvocation, target);
        int present = (inputs[1].IsPresent ? 1 : 0) | (inputs[2].IsPresent ? 2 : 0) | (addend.IsPresent ? 4 : 0);
        return new([new Dispatch(
            $"{Name}.{x.DType.Name()}",
            [flat.WorkgroupSize, present],
            flat.Workgroups,
            [
                Operand.Input(0), inputs[1].IsPresent ? Operand.Input(1) : Operand.None, inputs[2].IsPresent ? Operand.Input(2) : Operand.None,
                addend.IsPresent ? Operand.Input(3) : Operand.None, Operand.Output,
            ],
            Dispatch.Pack(new Parameters(
                flat.Count, (uint)x.Shape.Channels, (uint)(x.Shape[2] * x.Shape[3]), (uint)x.Shape[1], (uint)x.RowStride, (uint)addend.RowStride, flat.Fold)))]);
    }

    public override Cost Cost(ReadOnlySpan<TensorSpec> inputs, TensorSpec output)
        => new(3.0 * output.Shape.Count, inputs[0].SizeInBytes + (inputs[3].IsPresent ? inputs[3].SizeInBytes : 0) + output.SizeInBytes);
}
