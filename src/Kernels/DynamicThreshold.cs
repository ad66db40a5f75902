namespace Hummingbird.Vulkan.Kernels;

/// <summary>Dynamic thresholding: y = clamp(x, -t, t) / t with t = max(quantile(|x|), 1), for every sample by itself.</summary>
/// <remarks>Input: 0 x [B, ...] fp32, contiguous -> y like x. The quantile is exact, with linear interpolation between the two nearest
/// values. Source: Imagen (Saharia et al. 2022), section 2.3. Reference: torch.quantile(x.abs(), q). Shader: shaders/dynamic_threshold.comp.</remarks>
/// <param name="Quantile">0 to 1; 0.995 is usual.</param>
public sealed partial record DynamicThreshold(double Quantile) : Kernel
{
    private const int ValuesPerInvocation = 16, BitsPerTurn = 8, WordsPerSample = 2 * (256 + 2);

    private enum Stage
    {
        Clear = 0,
        Count = 1,
        Select = 2,
        Apply = 3,
    }

    /// <summary>The shader's parameters behind the addresses of x, state, y.</summary>
    public readonly record struct Parameters(uint Count, uint Stage, uint Shift, uint Rank, float Fraction, uint Fold);

    public override string Name => "dynamic_threshold";

    public override string Attributes => $"q={Quantile:g}";

    public override Shape Infer(ReadOnlySpan<TensorSpec> inputs)
    {
        TensorSpec x = inputs[0];
        if (Quantile is not (>= 0 and <= 1))
        {
            throw new ShapeException($"{Name}: the quantile is {Quantile}; it must be 0 to 1.");
        }

        return x.DType == DType.F32 && x.IsContiguous && x.Shape.Rank > 1
            ? x.Shape
            : throw new ShapeException($"{Name}: x must be contiguous f32 [B,...], found {x}.");
    }

    public override KernelPlan Plan(ReadOnlySpan<TensorSpec> inputs, TensorSpec output, KernelTarget target)
    {
        int samples = output.Shape[0];
        long count = output.Shape.Count / samples;
        (long rank, double fraction) = Position(count);
        if (count > int.MaxValue)
        {
            throw new ShapeException($"{Name}: {count} values a sample are more than one dispatch can index (2^31 - 1).");
        }

        int size = Math.Min(256, target.MaxWorkgroupInvocations), perGroup = size * ValuesPerInvocation;
        Dispatch Run(Stage stage, int shift, Workgroups groups) => new(
            Name,
            [size],
            groups with { Z = samples },
            [Operand.Input(0), Operand.Scratch(), Operand.Output],
            Dispatch.Pack(new Parameters((uint)count, (uint)stage, (uint)shift, (uint)rank, (float)fraction, (uint)groups.X)));

        Workgroups all = Workgroups.Fold((count + perGroup - 1) / perGroup, target);
        List<Dispatch> dispatches = [Run(Stage.Clear, 0, new(1))];
        for (int shift = 32 - BitsPerTurn; shift >= 0; shift -= BitsPerTurn)
        {
            dispatches.Add(Run(Stage.Count, shift, all));
            dispatches.Add(Run(Stage.Select, shift, new(1)));
        }

        dispatches.Add(Run(Stage.Apply, 0, all));
        return new([.. dispatches], (long)samples * WordsPerSample * sizeof(uint));
    }

    public override Cost Cost(ReadOnlySpan<TensorSpec> inputs, TensorSpec output) => new(10.0 * output.Shape.Count, 6.0 * output.SizeInBytes);

    /// <summary>The value of rank Rank from below, and how far towards the next one the quantile lies.</summary>
    private (long Rank, double Fraction) Position(long count)
    {
        double position = Quantile * (count - 1);
        long rank = (long)Math.Floor(position);
        return (rank, position - rank);
    }
}
