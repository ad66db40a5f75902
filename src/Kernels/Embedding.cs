namespace Hummingbird.Vulkan.Kernels;

/// <summary>Token and position embedding: y[b, l] = table[ids[b, l]] + positions[l].</summary>
/// <remarks>Inputs: 0 ids [B,L] i32, 1 table [V,C] f32, 2 positions [L or more, C] f32, optional -> y [B,L,C] f32.
/// The shader clamps ids into the table so that no id can read elsewhere; the host refuses such ids before.
/// Reference: torch.nn.Embedding twice and a sum (CLIP's embeddings). Shader: shaders/embedding.comp.</remarks>
public sealed partial record Embedding : Kernel
{
    /// <summary>The shader's parameters behind the addresses of ids, table, positions, y.</summary>
    public readonly record struct Parameters(uint Rows, uint Length, uint Vocabulary, uint Channels, uint Fold);

    public override string Name => "embedding";

    public override Shape Infer(ReadOnlySpan<TensorSpec> inputs)
    {
        (TensorSpec ids, TensorSpec table, TensorSpec positions) = (inputs[0], inputs[1], inputs[2]);
        if (ids.DType != DType.I32 || ids.Shape.Rank != 2)
        {
            throw new ShapeException($"{Name}: ids must be i32 [B,L], found {ids}.");
        }

        if (table.Shape.Rank != 2 || table.DType != DType.F32)
        {
            throw new ShapeException($"{Name}: the table must be f32 [V,C], found {table}.");
        }

        if (positions.IsPresent && (positions.Shape.Rank != 2 || positions.Shape[0] < ids.Shape[1] || positions.Shape[1] != table.Shape[1] || positions.DType != DType.F32))
        {
            throw new ShapeException(
                $"{Name}: positions must have {ids.Shape[1]} or more rows of {table.Shape[1]} channels in f32, found {positions}.");
        }

        return [ids.Shape[0], ids.Shape[1], table.Shape[1]];
    }

    public override DType OutputType(ReadOnlySpan<TensorSpec> inputs) => inputs[1].DType;

    public override KernelPlan Plan(ReadOnlySpan<TensorSpec> inputs, TensorSpec output, KernelTarget target)
    {
        (TensorSpec ids, TensorSpec table, TensorSpec positions) = (inputs[0], inputs[1], inputs[2]);
        Workgroups groups = Workgroups.Fold(output.Shape.Rows, target);
        return new([new Dispatch(
            $"{Name}.{table.DType.Name()}",
            [Math.Min(128, target.MaxWorkgroupInvocations)],
            groups,
            [Operand.Input(0), Operand.Input(1), positions.IsPresent ? Operand.Input(2) : Operand.None, Operand.Output],
            Dispatch.Pack(new Parameters(
                (uint)output.Shape.Rows, (uint)ids.Shape[1], (uint)table.Shape[0], (uint)table.Shape[1], (uint)groups.X)))]);
    }

    public override Cost Cost(ReadOnlySpan<TensorSpec> inputs, TensorSpec output)
        => new(output.Shape.Count, inputs[0].SizeInBytes + (3 * output.SizeInBytes));
}
