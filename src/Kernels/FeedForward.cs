using System.Collections.Immutable;

namespace Hummingbird.Vulkan.Kernels;

/// <summary>A gated feed-forward layer as one operation: y = linear(geglu(x)) + residual, the hidden rows in pieces that fit little memory.</summary>
/// <remarks>Inputs: 0 x [..., C]; 1 weight [2H, C] and 2 bias [2H] of the gated layer; 3 weight [N, H] and 4 bias [N], optional, of the second;
/// 5 residual [..., N], optional -> y [..., N]. The same arithmetic as two <see cref="MatMul"/>, whose shader it runs by turns.</remarks>
/// <param name="MaxHiddenInBytes">The hidden rows of a piece take no more, if the rows can be divided so.</param>
public sealed record FeedForward(long MaxHiddenInBytes) : Kernel
{
    private const int MaxPieces = 4096;

    private static readonly MatMul Gated = new(Activation.Geglu), Second = new();

    public override string Name => "feed_forward";

    public override Shape Infer(ReadOnlySpan<TensorSpec> inputs)
        => Second.Infer([Hidden(inputs, 1), inputs[3], inputs[4], TensorSpec.Absent, inputs[5]]);

    public override KernelPlan Plan(ReadOnlySpan<TensorSpec> inputs, TensorSpec output, KernelTarget target)
    {
        int pieces = Pieces(inputs);
        (TensorSpec x, TensorSpec hidden) = (Part(inputs[0], pieces), Hidden(inputs, pieces));
        TensorSpec residual = inputs[5].IsPresent ? Part(inputs[5], pieces) : inputs[5], y = Part(output, pieces);
        Dispatch gated = Gated.Plan(GatedInputs(inputs, x), hidden, target).Dispatches[0];
        Dispatch second = Second.Plan([hidden, inputs[3], inputs[4], TensorSpec.Absent, residual], y, target).Dispatches[0];
        var dispatches = ImmutableArray.CreateBuilder<Dispatch>();
        for (int i = 0; i < pieces; i++)
        {
            dispatches.Add(gated with { Operands = [At(Operand.Input(0), x, i), Operand.Input(1), Present(inputs, 2), Operand.None, Operand.None, Operand.Scratch()] });
            dispatches.Add(second with
            {
                Operands = [Operand.Scratch(), Operand.Input(3), Present(inputs, 4), Operand.None, inputs[5].IsPresent ? At(Operand.Input(5), residual, i) : Operand.None, At(Operand.Output, y, i)],
            });
        }

        return new(dispatches.ToImmutable(), hidden.SizeInBytes);
    }

    public override WeightPacking? Packing(int index, ReadOnlySpan<TensorSpec> inputs, KernelTarget target)
    {
        int pieces = Pieces(inputs);
        return index switch
        {
            1 => Gated.Packing(1, GatedInputs(inputs, Part(inputs[0], pieces)), target),
            3 => Second.Packing(1, [Hidden(inputs, pieces), inputs[3], inputs[4], TensorSpec.Absent, TensorSpec.Absent], target),
            _ => null,
        };
    }

    public override Cost Cost(ReadOnlySpan<TensorSpec> inputs, TensorSpec output)
    {
        TensorSpec hidden = Hidden(inputs, 1);
        return Gated.Cost(GatedInputs(inputs, inputs[0]), hidden) + Second.Cost([hidden, inputs[3], inputs[4], TensorSpec.Absent, inputs[5]], output);
    }

    public override void Reference(ReadOnlySpan<HostTensor?> inputs, HostTensor output)
    {
        HostTensor hidden = new(inputs[0]!.Shape.WithChannels(inputs[1]!.Shape[0] / 2));
        Gated.Reference([inputs[0], inputs[1], inputs[2], null, null], hidden);
        Second.Reference([hidden, inputs[3], inputs[4], null, inputs[5]], output);
    }

    /// <summary>The fewest equal pieces that are small enough; 1 where the rows cannot be divided so.</summary>
    private int Pieces(ReadOnlySpan<TensorSpec> inputs)
    {
        long rows = inputs[0].Shape.Rows, most = Math.Max(1, MaxHiddenInBytes * rows / Math.Max(1, Hidden(inputs, 1).SizeInBytes));
        for (int pieces = 1; pieces <= Math.Min(rows, MaxPieces); pieces++)
        {
            if (rows % pieces == 0 && rows / pieces <= most)
            {
                return pieces;
            }
        }

        return 1;
    }

    private static TensorSpec[] GatedInputs(ReadOnlySpan<TensorSpec> inputs, TensorSpec x) => [x, inputs[1], inputs[2], TensorSpec.Absent, TensorSpec.Absent];

    private static TensorSpec Hidden(ReadOnlySpan<TensorSpec> inputs, int pieces)
        => new([(int)(inputs[0].Shape.Rows / pieces), inputs[1].Shape[0] / 2], inputs[0].DType);

    private static TensorSpec Part(TensorSpec all, int pieces) => pieces == 1 ? all : new([(int)(all.Shape.Rows / pieces), all.Shape.Channels], all.DType, all.RowStride);

    private static Operand At(Operand operand, TensorSpec part, int piece)
        => operand with { OffsetInBytes = piece * part.Shape.Rows * part.RowStride * part.DType.Size() };

    private static Operand Present(ReadOnlySpan<TensorSpec> inputs, int index) => inputs[index].IsPresent ? Operand.Input(index) : Operand.None;
}
