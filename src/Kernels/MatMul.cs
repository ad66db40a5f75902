namespace Hummingbird.Vulkan.Kernels;

/// <summary>A linear layer: y = activation(x W^T + bias + shift) + residual.</summary>
/// <remarks>Inputs: 0 x [..., K] (may be a column slice); 1 weight [N, K], for GEGLU [2N, K] with rows [value N | gate N];
/// 2 bias [N] (GEGLU [2N]) fp32, optional; 3 shift [G, N] fp32, optional, where row r uses shift[r / (rows / G)];
/// 4 residual [..., N], optional, may be a column slice -> y [..., N]. Sums in fp32.
/// Reference: torch.nn.Linear; GEGLU as in diffusers' feed-forward. Shader: shaders/matmul.comp.</remarks>
public sealed partial record MatMul(Activation Activation = Activation.None) : Kernel
{
    /// <summary>The shader's parameters behind the addresses of x, weight, bias, shift, residual, y.</summary>
    /// <param name="Panels">Panels of columns of one product where several are batched.</param>
    /// <param name="RowGroups">Groups of rows of one product where several are batched; see <see cref="WorkgroupWalk"/>.</param>
    public readonly record struct Parameters(MatrixParameters Matrix, uint Panels = 1, uint RowGroups = 1);

    public override string Name => "matmul";

    public override string Attributes => Activation == Activation.None ? "" : Activation.ToString().ToLowerInvariant();

    private MatrixCore Core => new(Name, Activation, Taps: 1, Attributes);

    public override Shape Infer(ReadOnlySpan<TensorSpec> inputs)
    {
        Shape x = inputs[0].Shape;
        int columns = Core.CheckWeight(inputs, [x.Channels]);
        return Core.CheckOutput(inputs, x.WithChannels(columns));
    }

    public override KernelPlan Plan(ReadOnlySpan<TensorSpec> inputs, TensorSpec output, KernelTarget target)
        => Core.Plan(inputs[..5], output, target, matrix => new Parameters(matrix));

    /// <summary>So many products of these operands in one dispatch: x, weight and y of each lie directly behind those of the one before.</summary>
    internal Dispatch PlanBatched(int batches, ReadOnlySpan<TensorSpec> inputs, TensorSpec output, KernelTarget target)
    {
        MatrixCore core = Core with { Batches = batches };
        int panels = core.Packing(inputs[..5], target).Panels;
        Workgroups groups = core.Walk(inputs[..5], output, target).Groups;
        KernelPlan one = core.Plan(inputs[..5], output, target, matrix => new Parameters(matrix, (uint)panels, (uint)groups.Z), MatrixFeatures.Batched);
        return one.Dispatches[0] with { Workgroups = groups with { Z = batches * groups.Z } };
    }

    public override WeightPacking? Packing(int index, ReadOnlySpan<TensorSpec> inputs, KernelTarget target)
        => index == 1 ? Core.Packing(inputs[..5], target) : null;

    public override MatrixProblem? Product(ReadOnlySpan<TensorSpec> inputs) => Core.Problem(inputs[..5]);

    public override Cost Cost(ReadOnlySpan<TensorSpec> inputs, TensorSpec output) => Core.Cost(inputs, output);
}
