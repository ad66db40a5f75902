namespace Hummingbird.Vulkan.Kernels;

/// <summary>One step of a sampler: y = c0 * sample + c1 * e + c2 * noise, with e the guided prediction of the noise.</summary>
/// <remarks>
/// Inputs, all fp32: 0 sample, 1 epsilon, 2 epsilon_uncond or absent, 3 noise or absent (each like sample), 4 coefficients [R,4] -> y like sample.
/// Row <paramref name="Row"/> of the coefficients is (c0, c1, c2, guidance_scale); e = uncond + guidance_scale * (epsilon - uncond) where
/// epsilon_uncond is given, else epsilon. LCM, DDIM and DDPM steps are this formula with the coefficients their schedulers compute
/// on the host. Shader: shaders/scheduler_step.comp.
/// </remarks>
public sealed partial record SchedulerStep(int Row) : Kernel
{
    private const int ValuesPerInvocation = 4;

    /// <summary>The shader's parameters behind the addresses of sample, epsilon, epsilon_uncond, noise, coefficients, y.</summary>
    public readonly record struct Parameters(uint Count, uint Row, uint Guided, uint Noisy, uint Fold);

    public override string Name => "scheduler_step";

    public override string Attributes => $"row={Row}";

    public override Shape Infer(ReadOnlySpan<TensorSpec> inputs)
    {
        TensorSpec sample = inputs[0];
        ReadOnlySpan<string> names = ["sample", "epsilon", "epsilon_uncond", "noise"];
        for (int i = 0; i < names.Length; i++)
        {
            bool optional = i >= 2;
            if ((optional && !inputs[i].IsPresent)
                || (inputs[i].Shape == sample.Shape && inputs[i].DType == DType.F32 && inputs[i].IsContiguous))
            {
                continue;
            }

            throw new ShapeException($"{Name}: {names[i]} must be contiguous f32 {sample.Shape}, found {inputs[i]}.");
        }

        TensorSpec coefficients = inputs[4];
        return coefficients.DType == DType.F32 && coefficients.Shape.Rank == 2 && coefficients.Shape[1] == 4 && (uint)Row < (uint)coefficients.Shape[0]
            ? sample.Shape
            : throw new ShapeException($"{Name}: coefficients must be f32 [R,4] with row {Row}, found {coefficients}.");
    }

    public override KernelPlan Plan(ReadOnlySpan<TensorSpec> inputs, TensorSpec output, KernelTarget target)
    {
        FlatDispatch flat = FlatDispatch.Over(output.Shape.Count, ValuesPerInvocation, target);
        (bool guided, bool noisy) = (inputs[2].IsPresent, inputs[3].IsPresent);
        return new([new Dispatch(
            Name,
            [flat.WorkgroupSize],
            flat.Workgroups,
            [
                Operand.Input(0), Operand.Input(1), guided ? Operand.Input(2) : Operand.None, noisy ? Operand.Input(3) : Operand.None,
                Operand.Input(4), Operand.Output,
            ],
            Dispatch.Pack(new Parameters(flat.Count, (uint)Row, guided ? 1u : 0u, noisy ? 1u : 0u, flat.Fold)))]);
    }

    public override Cost Cost(ReadOnlySpan<TensorSpec> inputs, TensorSpec output)
    {
        int operands = 3 + (inputs[2].IsPresent ? 1 : 0) + (inputs[3].IsPresent ? 1 : 0);
        return new(8.0 * output.Shape.Count, operands * output.SizeInBytes);
    }
}
