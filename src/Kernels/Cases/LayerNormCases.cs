namespace Hummingbird.Vulkan.Kernels.Cases;

public static partial class ConformanceCases
{
    private static IEnumerable<ConformanceCase> LayerNormCases()
    {
        (Shape Shape, float Mean, int Padding)[] rows =
        [
            ([1, 77, 1024], 0, 0),          // text encoder
            ([1, 2, 40, 64, 320], 0, 0),    // U-Net, level 0
            ([1, 1, 20, 32, 640], 3, 0),    // a mean far from zero
            ([1, 16, 5, 8, 1280], 0, 0),
            ([1, 32, 64], 0, 0),            // nano
            ([3, 7, 48], 0, 0),
            ([5, 1], 0, 0),                 // one channel: variance 0
            ([1, 3, 13], 0, 0),
            ([4, 24], 0, 40),               // a slice of wider rows
            ([70_000, 8], 0, 0),            // more rows than one dimension of workgroups
        ];
        return rows.SelectMany(r => InEveryStorage(
            new LayerNorm(), weights: false, CaseInput.X(r.Shape, 1, r.Mean, r.Padding), CaseInput.P([r.Shape.Channels], 0.2f, 1), CaseInput.P([r.Shape.Channels], 0.2f)));
    }
}
