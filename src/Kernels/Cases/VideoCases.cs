namespace Hummingbird.Vulkan.Kernels.Cases;

public static partial class ConformanceCases
{
    private static IEnumerable<ConformanceCase> FrameAffineCases()
    {
        (CaseInput X, bool Factor, bool Offset, bool Addend)[] rows =
        [
            (CaseInput.X([1, 16, 8, 8, 320]), true, true, true),                       // adaptor and the parallel branch's sum
            (CaseInput.X([2, 5, 4, 4, 64]), false, true, false),                       // frame positions
            (CaseInput.X([2, 3, 1, 5, 13], paddingColumns: 5), true, true, true),      // a slice of wider rows
            (CaseInput.X([1, 1, 2, 3, 6]), true, false, false),                        // one frame
            (CaseInput.X([3, 2, 1, 1, 1]), false, false, true),
        ];
        return rows.SelectMany(r =>
        {
            CaseInput table = CaseInput.P([r.X.Shape[1], r.X.Shape.Channels]);
            return InEveryStorage(
                new FrameAffine(), weights: false, r.X, r.Factor ? table : CaseInput.Absent, r.Offset ? table : CaseInput.Absent,
                r.Addend ? r.X with { PaddingColumns = r.X.PaddingColumns / 2 } : CaseInput.Absent);
        });
    }

    private static IEnumerable<ConformanceCase> ResizeBilinearCases()
    {
        (int Factor, CaseInput X)[] rows =
        [
            (4, CaseInput.X([1, 1, 16, 24, 3])),                        // super-resolution's condition
            (8, CaseInput.X([1, 2, 5, 8, 3])),
            (2, CaseInput.X([2, 7, 3, 6], paddingColumns: 3)),          // a slice of wider rows
            (3, CaseInput.X([1, 1, 5])),                                // one pixel
        ];
        return rows.Select(r => new ConformanceCase(new ResizeBilinear(r.Factor), DType.F32, DType.F32, [r.X]));
    }
}
