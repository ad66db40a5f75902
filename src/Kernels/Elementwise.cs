namespace Hummingbird.Vulkan.Kernels;

/// <summary>What <see cref="Elementwise"/> does to each element.</summary>
public enum ElementwiseOp
{
    /// <summary>y = alpha * a; with another output type also the cast.</summary>
    Copy = 0,

    /// <summary>y = alpha * (a + b).</summary>
    Add = 1,

    /// <summary>y = a * sigmoid(a).</summary>
    Silu = 2,

    /// <summary>y = max(a, 0).</summary>
    Relu = 3,

    /// <summary>y = gelu(a) * b with GELU's tanh approximation: T5 1.1's gate.</summary>
    GatedGelu = 4,
}

/// <summary>One simple function of each element; where a convolution or norm can do it in passing, it does not come here.</summary>
/// <remarks>Inputs: 0 a [..., C], 1 b like a for <see cref="ElementwiseOp.Add"/> and <see cref="ElementwiseOp.GatedGelu"/>, else absent -> y [..., C], contiguous.
/// a and b may be column slices. y has type <paramref name="To"/>, or a's. Shader: shaders/elementwise.comp.</remarks>
/// <param name="Op">The function.</param>
/// <param name="Alpha">Factor of Copy and Add.</param>
/// <param name="To">Storage type of the output; null: that of a. Another type than a's is for Copy.</param>
public sealed partial record Elementwise(ElementwiseOp Op, float Alpha = 1, DType? To = null) : Kernel
{
    private const int ValuesPerInvocation = 8;

    /// <summary>The shader's parameters behind the addresses of a, b, y.</summary>
    public readonly record struct Parameters(
        uint Count, uint Channels, uint ARowStride, uint BRowStride, uint Contiguous, float Alpha, uint Fold);

    private bool TakesTwo => Op is ElementwiseOp.Add or ElementwiseOp.GatedGelu;

    public override string Name => "elementwise";

    public override string Attributes
        => $"{Op.ToString().ToLowerInvariant()}{(Alpha != 1 ? $",alpha={Alpha:g}" : "")}{(To is { } type ? $",to={type.Name()}" : "")}";

    public override Shape Infer(ReadOnlySpan<TensorSpec> inputs)
    {
        (TensorSpec a, TensorSpec b) = (inputs[0], inputs.Length > 1 ? inputs[1] : TensorSpec.Absent);
        DType to = To ?? a.DType;
        if (a.DType is not (DType.F32 or DType.F16) || to is not (DType.F32 or DType.F16))
        {
            throw new ShapeException($"{Name}: only f32 and f16 can be read and written, found {a} to {to.Name()}.");
        }

        if (to != a.DType && Op != ElementwiseOp.Copy)
        {
            throw new ShapeException($"{Name}: {Op} keeps the type {a.DType.Name()}; cast to {to.Name()} with Copy.");
        }

        if (TakesTwo != b.IsPresent)
        {
            throw new ShapeException($"{Name}: {Op} takes {(b.IsPresent ? "one operand" : "two operands")}, found a {a} and b {b}.");
        }

        return !b.IsPresent || (b.Shape == a.Shape && b.DType == a.DType)
            ? a.Shape
            : throw new ShapeException($"{Name}: a and b must have one shape and type, found {a} and {b}.");
    }

    public override DType OutputType(ReadOnlySpan<TensorSpec> inputs) => To ?? inputs[0].DType;

    public override KernelPlan Plan(ReadOnlySpan<TensorSpec> inputs, TensorSpec output, KernelTarget target)
    {
        (TensorSpec a, TensorSpec b) = (inputs[0], inputs.Length > 1 ? inputs[1] : TensorSpec.Absent);
        bool contiguous = a.IsContiguous && (!b.IsPresent || b.IsContiguous);
        FlatDispatch flat = FlatDispatch.Over(a.Shape.Count, ValuesPerInvocation, target);
        string types = output.DType == a.DType ? a.DType.Name() : a.DType.Name() + output.DType.Name();
        return new([new Dispatch(
            $"{Name}.{types}",
            [flat.WorkgroupSize, (int)Op],
            flat.Workgroups,
            [Operand.Input(0), b.IsPresent ? Operand.Input(1) : Operand.None, Operand.Output],
            Dispatch.Pack(new Parameters(
                flat.Count, (uint)a.Shape.Channels, (uint)a.RowStride, (uint)b.RowStride, contiguous ? 1u : 0u, Alpha, flat.Fold)))]);
    }

    public override Cost Cost(ReadOnlySpan<TensorSpec> inputs, TensorSpec output)
        => new(
            (Op switch { ElementwiseOp.Silu => 5.0, ElementwiseOp.GatedGelu => 12.0, _ => 2.0 }) * output.Shape.Count,
            inputs[0].SizeInBytes + (TakesTwo ? inputs[1].SizeInBytes : 0) + output.SizeInBytes);
}
