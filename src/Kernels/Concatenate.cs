namespace Hummingbird.Vulkan.Kernels;

/// <summary>Tensors one behind the other along their outermost axis, as one: torch.cat(dim=0).</summary>
/// <remarks>Inputs: as many as there are, of one rank, type and equal extents but the outermost; each may be a column slice -> y with the sum
/// of their outermost extents, contiguous. A copy each, by shaders/elementwise.comp.</remarks>
public sealed partial record Concatenate : Kernel
{
    private static readonly Elementwise Copy = new(ElementwiseOp.Copy);

    public override string Name => "concatenate";

    public override Shape Infer(ReadOnlySpan<TensorSpec> inputs)
    {
        int[] extents = inputs[0].Shape.ToArray();
        foreach (TensorSpec input in inputs[1..])
        {
            int[] others = input.Shape.ToArray();
            if (input.DType != inputs[0].DType || !others.AsSpan(Math.Min(1, others.Length)).SequenceEqual(inputs[0].Shape.ToArray().AsSpan(1)))
            {
                throw new ShapeException($"{Name}: all operands must have the type and all extents but the first of {inputs[0]}, found {input}.");
            }

            extents[0] = checked(extents[0] + others[0]);
        }

        return new(extents);
    }

    public override KernelPlan Plan(ReadOnlySpan<TensorSpec> inputs, TensorSpec output, KernelTarget target)
    {
        Dispatch[] dispatches = new Dispatch[inputs.Length];
        long offset = 0;
        for (int i = 0; i < dispatches.Length; i++)
        {
            TensorSpec part = new(inputs[i].Shape, output.DType);
            Dispatch copy = Copy.Plan([inputs[i], TensorSpec.Absent], part, target).Dispatches[0];
            dispatches[i] = copy with { Operands = [Operand.Input(i), Operand.None, new(OperandKind.Output, 0, offset)] };
            offset += part.SizeInBytes;
        }

        return new([.. dispatches]);
    }

    public override Cost Cost(ReadOnlySpan<TensorSpec> inputs, TensorSpec output) => new(output.Shape.Count, 2.0 * output.SizeInBytes);
}
