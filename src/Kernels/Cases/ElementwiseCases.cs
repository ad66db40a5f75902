namespace Hummingbird.Vulkan.Kernels.Cases;

public static partial class ConformanceCases
{
    private static IEnumerable<ConformanceCase> ElementwiseCases()
    {
        CaseInput[] operands =
        [
            CaseInput.X([1, 2, 20, 32, 320]),
            CaseInput.X([1, 1]),
            CaseInput.X([3, 7, 13], paddingColumns: 5),     // a slice of wider rows
            CaseInput.X([2, 1280], 4),
        ];
        foreach (CaseInput a in operands)
        {
            CaseInput b = a with { PaddingColumns = 0 };
            IEnumerable<ConformanceCase> cases =
            [
                .. InEveryStorage(new Elementwise(ElementwiseOp.Copy), weights: false, a, CaseInput.Absent),
                .. InEveryStorage(new Elementwise(ElementwiseOp.Add, 0.5f), weights: false, a, b),
                .. InEveryStorage(new Elementwise(ElementwiseOp.Silu), weights: false, a, CaseInput.Absent),
                .. InEveryStorage(new Elementwise(ElementwiseOp.Relu), weights: false, a, CaseInput.Absent),
                .. InEveryStorage(new Elementwise(ElementwiseOp.GatedGelu), weights: false, a, b),
                new(new Elementwise(ElementwiseOp.Copy, 0.18215f, DType.F16), DType.F32, DType.F32, [a, CaseInput.Absent]),
                new(new Elementwise(ElementwiseOp.Copy, To: DType.F32), DType.F16, DType.F16, [a, CaseInput.Absent]),
            ];
            foreach (ConformanceCase row in cases)
            {
                yield return row;
            }
        }
    }

    private static IEnumerable<ConformanceCase> EmbeddingCases()
    {
        (Shape Ids, int Vocabulary, int Positions, int Channels)[] rows =
        [
            ([1, 77], 2000, 77, 1024),      // text encoder, with a smaller vocabulary
            ([2, 32], 512, 32, 64),         // nano
            ([2, 12], 64, 77, 24),          // fewer tokens than positions
            ([3, 1], 1, 1, 13),
        ];
        return rows.Select(r => new ConformanceCase(
                new Embedding(), DType.F32, DType.F32, [CaseInput.Ids(r.Ids, r.Vocabulary), CaseInput.X([r.Vocabulary, r.Channels]), CaseInput.X([r.Positions, r.Channels], 0.1f)]))
            .Append(new(new Embedding(), DType.F32, DType.F32, [CaseInput.Ids([1, 19], 300), CaseInput.X([300, 40]), CaseInput.Absent])); // T5
    }

    private static IEnumerable<ConformanceCase> ToRgb8Cases()
    {
        CaseInput[] frames =
        [
            CaseInput.X([1, 2, 40, 64, 3], 0.7f),
            CaseInput.X([1, 1, 3]),
            CaseInput.X([1, 1, 5, 7, 3], 0.7f, paddingColumns: 5),
            CaseInput.X([2, 9, 11, 3], 0.7f) with { NonFinite = 12 },
        ];
        return frames.SelectMany(x => InEveryStorage(new ToRgb8(), weights: false, x));
    }

    private static IEnumerable<ConformanceCase> SchedulerStepCases()
    {
        (Shape Shape, int Row, bool Guided, bool Noisy)[] rows =
        [
            ([1, 16, 40, 64, 4], 0, false, true),       // LCM
            ([1, 16, 20, 32, 4], 2, true, true),        // DDIM with guidance and noise
            ([1, 4, 5, 8, 4], 3, true, false),
            ([1, 1, 1, 1, 1], 1, false, false),
        ];
        return rows.Select(r => new ConformanceCase(
            new SchedulerStep(r.Row),
            DType.F32,
            DType.F32,
            [
                CaseInput.P(r.Shape), CaseInput.P(r.Shape), r.Guided ? CaseInput.P(r.Shape) : CaseInput.Absent,
                r.Noisy ? CaseInput.P(r.Shape) : CaseInput.Absent, CaseInput.P([4, 4]),
            ]));
    }

    private static IEnumerable<ConformanceCase> NonFiniteCountCases()
    {
        CaseInput[] inputs =
        [
            CaseInput.X([1, 2, 20, 32, 320]) with { NonFinite = 1000 },
            CaseInput.X([1, 2, 20, 32, 320]),
            CaseInput.X([1, 1]) with { NonFinite = 1 },
            CaseInput.X([5, 13], paddingColumns: 3) with { NonFinite = 7 },
        ];
        return inputs.SelectMany(x => InEveryStorage(new NonFiniteCount(), weights: false, x));
    }
}
