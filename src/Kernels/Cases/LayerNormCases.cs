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
        IEnumerable<ConformanceCase> Cases(LayerNorm kernel, Shape shape, float mean, int padding, bool hasBias) => InEveryStorage(
            kernel, weights: false, CaseInput.X(shape, 1, mean, padding), CaseInput.P([shape.Channels], 0.2f, 1),
            hasBias ? CaseInput.P([shape.Channels], 0.2f) : CaseInput.Absent);
        return
        [
            .. rows.SelectMany(r => Cases(new(), r.Shape, r.Mean, r.Padding, hasBias: true)),
            .. Cases(new(), [1, 96, 3072], 0, 0, hasBias: false),                       // FIT's latents
            .. Cases(new(), [2, 7, 13], 2, 3, hasBias: false),
            .. Cases(new(1e-6f, IsCentred: false), [1, 128, 1024], 1, 0, hasBias: false),   // T5
            .. Cases(new(1e-6f, IsCentred: false), [3, 5, 13], 3, 3, hasBias: true),
        ];
    }
}
