using System.Collections.Immutable;

namespace Hummingbird.Vulkan.Kernels.Cases;

/// <summary>What an operand of a case is made of.</summary>
public enum InputKind
{
    /// <summary>Normal random values in the case's storage type.</summary>
    Activation,

    /// <summary>Normal random values scaled by 1/sqrt(fan-in), packed as the kernel asks, in the case's weight type.</summary>
    Weight,

    /// <summary>Normal random fp32 values: biases, norm parameters, coefficients.</summary>
    Parameter,

    /// <summary>Random integers in [0, Limit).</summary>
    Ids,

    /// <summary>The optional operand is absent.</summary>
    Absent,
}

/// <param name="Kind">How its values are made.</param>
/// <param name="Shape">Extents.</param>
/// <param name="Scale">Standard deviation of the values (weights: times 1/sqrt(fan-in)).</param>
/// <param name="Mean">Mean of the values.</param>
/// <param name="PaddingColumns">More than 0: the operand is a column slice of rows that are this much wider.</param>
/// <param name="Limit">Exclusive upper bound of ids.</param>
/// <param name="NonFinite">So many of the values are NaN or infinite.</param>
public sealed record CaseInput(
    InputKind Kind, Shape Shape, float Scale = 1, float Mean = 0, int PaddingColumns = 0, int Limit = 0, int NonFinite = 0)
{
    public static CaseInput Absent => new(InputKind.Absent, default);

    public static CaseInput X(Shape shape, float scale = 1, float mean = 0, int paddingColumns = 0) => new(InputKind.Activation, shape, scale, mean, paddingColumns);

    public static CaseInput W(Shape shape) => new(InputKind.Weight, shape);

    public static CaseInput P(Shape shape, float scale = 1, float mean = 0, int paddingColumns = 0) => new(InputKind.Parameter, shape, scale, mean, paddingColumns);

    public static CaseInput Ids(Shape shape, int limit) => new(InputKind.Ids, shape, Limit: limit);

    public override string ToString() => Kind == InputKind.Absent
        ? "-"
        : $"{Shape}{(PaddingColumns > 0 ? $"+{PaddingColumns}" : "")}{(Mean != 0 && Kind == InputKind.Activation ? $"~{Mean:g}" : "")}{(NonFinite > 0 ? $"!{NonFinite}" : "")}";
}

/// <summary>One row of the conformance suite: a kernel, its operands and how near the reference it must come.</summary>
/// <remarks>The id is stable and is what re-runs the case: <c>layer_norm(eps=1e-05) f16 [2,77,320] [320] [320]</c>.</remarks>
/// <param name="Storage">Storage type of the activations.</param>
/// <param name="Weights">Storage type of the packed weights (F32 or F16).</param>
public sealed record ConformanceCase(Kernel Kernel, DType Storage, DType Weights, ImmutableArray<CaseInput> Inputs)
{
    /// <summary>Storage type of the output.</summary>
    public DType OutputType => Kernel.OutputType(Specs());

    /// <summary>Bytes and counts have no rounding to forgive: they must be equal.</summary>
    public bool MustBeEqual => OutputType is DType.U8 or DType.I32;

    /// <summary>Largest normalised mean squared error against the reference, whose inputs are rounded to the storage type.</summary>
    public double MaxNmse => MustBeEqual ? 0 : Storage == DType.F16 || OutputType == DType.F16 ? 1e-6 : 1e-11;

    /// <summary>The tensor specs the kernel sees.</summary>
    public TensorSpec[] Specs() => [.. Inputs.Select(Spec)];

    public string Id => $"{Kernel} {Storage.Name()}{(Weights == Storage ? "" : "w" + Weights.Name()[1..])} {string.Join(' ', Inputs)}";

    public override string ToString() => Id;

    private TensorSpec Spec(CaseInput input) => input.Kind switch
    {
        InputKind.Absent => TensorSpec.Absent,
        InputKind.Activation => new(input.Shape, Storage, input.Shape.Channels + input.PaddingColumns),
        InputKind.Weight => new(input.Shape, Weights),
        InputKind.Ids => new(input.Shape, DType.I32),
        _ => new(input.Shape, DType.F32, input.Shape.Channels + input.PaddingColumns),
    };
}
