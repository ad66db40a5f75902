namespace Hummingbird.Vulkan.Kernels;

/// <summary>Layer normalisation over the channels of each row: y = (x - mean) * rstd * weight + bias.</summary>
/// <remarks>Inputs: 0 x [..., C], 1 weight [C] fp32, 2 bias [C] fp32, optional -> y [..., C]. x may be a column slice. Statistics in fp32.
/// Reference: torch.nn.LayerNorm; not centred T5's layer norm. Shader: shaders/layer_norm.comp.</remarks>
/// <param name="Epsilon">Added to the variance.</param>
/// <param name="IsCentred">False: RMS norm, no mean is subtracted and the mean of the squares stands for the variance.</param>
public sealed partial record LayerNorm(float Epsilon = 1e-5f, bool IsCentred = true) : Kernel
{
    // 64 bits a lane in a turn of the loops, of a subgroup that loads them as vectors.
    private const int MostPieces = 2;

    /// <summary>The shader's parameters behind the addresses of x, weight, bias, y.</summary>
    public readonly record struct Parameters(uint Rows, uint Channels, uint RowStride, uint Fold, float Epsilon, uint Centred);

    public override string Name => "layer_norm";

    public override string Attributes => $"eps={Epsilon:g}{(IsCentred ? "" : ",rms")}";

    public override Shape Infer(ReadOnlySpan<TensorSpec> inputs)
    {
        Shape x = inputs[0].Shape;
        for (int i = 1; i <= 2; i++)
        {
            bool isAbsentBias = i == 2 && !inputs[i].IsPresent;
            if (!isAbsentBias && inputs[i].Shape != [x.Channels])
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
        (Access access, int width) = Reach(x, target);
        int pieces = x.Shape.Channels / (width * size), turn = access is Access.WideVectors or Access.WideLanes ? MostPieces : 1;
        while (turn > 1 && pieces % turn != 0)
        {
            turn--;
        }

        Workgroups groups = Workgroups.Fold(x.Shape.Rows, target);
        return new([new Dispatch(
            $"{Name}.{x.DType.Name()}",
            [size, width, (int)access, turn],
            groups,
            [Operand.Input(0), Operand.Input(1), inputs[2].IsPresent ? Operand.Input(2) : Operand.None, Operand.Output],
            Dispatch.Pack(new Parameters((uint)x.Shape.Rows, (uint)x.Shape.Channels, (uint)x.RowStride, (uint)groups.X, Epsilon, IsCentred ? 1u : 0u)))]);
    }

    public override Cost Cost(ReadOnlySpan<TensorSpec> inputs, TensorSpec output)
        => new(8.0 * output.Shape.Count, inputs[0].SizeInBytes + output.SizeInBytes);

    // How channels are reached, and how many are an invocation's.
    private static (Access Access, int Width) Reach(TensorSpec x, KernelTarget target)
    {
        int channels = x.Shape.Channels, wide = WideAccess.Width(x.DType);
        bool isWide = VectorAccess.Scatters(target) && WideAccess.IsAligned(x.DType, channels, x.RowStride, 0, 0);
        if (isWide && VectorAccess.WideOf(target, wide, channels) is var access && access != Access.Wide)
        {
            return (access, wide);
        }

        int vectors = VectorAccess.Count(target, VectorAccess.MostVectors, channels);
        return (VectorAccess.Of(target, vectors > 0), vectors > 0 ? vectors : WideAccess.Width(x.DType, target, channels, x.RowStride));
    }
}
