namespace Hummingbird.Vulkan.Kernels;

/// <summary>Layer normalisation over the channels of each row: y = (x - mean) * rstd * weight + bias.</summary>
/// <remarks>x [..., C], weight [C], bias [C] (fp32) -> y [..., C]. x may be a column slice. Statistics in fp32.
/// Reference: torch.nn.LayerNorm. Shader: shaders/layer_norm.comp.</remarks>
public sealed partial record LayerNorm(float Epsilon = 1e-5f) : Kernel
{
    /// <summary>The shader's parameters behind the addresses of x, weight, bias, y.</summary>
    public readonly record struct Parameters(uint Rows, uint Channels, uint RowStride, uint Fold, float Epsilon);

    public override string Name => "layer_norm";

    public override string Attributes => $"eps={Epsilon:g}";

    public override Shape Infer(ReadOnlySpan<TensorSpec> inputs)
    {
        Shape x = inputs[0].Shape;
        for (int i = 1; i <= 2; i++)
        {
            if (inputs[i].Shape != [x.Channels])
            {
                throw new ShapeException($"{Name}: {(i == 1 ? "weight" : "bias")} must be [{x.Channels}] for x {x}, found {inputs[i].Shape}.");
            }
        }

        return x;
    }

    public override KernelPlan Plan(ReadOnlySpan<TensorSpec> inputs, TensorSpec output, KernelTarget target)
    {
        TensorSpec x = inputs[0];
        int size = target.IsCpu ? target.SubgroupSize : Math.Min(256, target.MaxWorkgroupInvocations);
        int vectors = VectorAccess.Count(target, x.Shape.Channels);
        int width = vectors > 0 ? vectors : WideAccess.Width(x.DType, target, x.Shape.Channels, x.RowStride);
        Access access = vectors > 0 ? Access.Vectors : VectorAccess.Fallback(target);
        Workgroups groups = Workgroups.Fold(x.Shape.Rows, target);
        return new([new Dispatch(
            $"{Name}.{x.DType.Name()}",
            [size, width, (int)access],
            groups,
            [Operand.Input(0), Operand.Input(1), Operand.Input(2), Operand.Output],
            Dispatch.Pack(new Parameters((uint)x.Shape.Rows, (uint)x.Shape.Channels, (uint)x.RowStride, (uint)groups.X, Epsilon)))]);
    }

    public override Cost Cost(ReadOnlySpan<TensorSpec> inputs, TensorSpec output)
        => new(8.0 * output.Shape.Count, inputs[0].SizeInBytes + output.SizeInBytes);
}
