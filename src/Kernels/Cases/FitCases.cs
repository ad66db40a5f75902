namespace Hummingbird.Vulkan.Kernels.Cases;

public static partial class ConformanceCases
{
    private static IEnumerable<ConformanceCase> ConcatenateCases() =>
    [
        .. InEveryStorage(new Concatenate(), weights: false, CaseInput.X([2, 96, 64]), CaseInput.X([1, 96, 64]), CaseInput.X([3, 96, 64])),
        .. InEveryStorage(new Concatenate(), weights: false, CaseInput.X([1, 5, 7], paddingColumns: 3), CaseInput.X([2, 5, 7])),
        .. InEveryStorage(new Concatenate(), weights: false, CaseInput.X([4, 9])),
    ];

    private static IEnumerable<ConformanceCase> BiasedAttentionCases()
    {
        (BiasedAttention Kernel, Shape Shape, int Padding)[] rows =
        [
            (new(16), [1, 128, 1024], 2048),    // T5 large: all tokens a prompt may have
            (new(2), [1, 9, 256], 512),         // heads of T5-11B
            (new(4), [2, 13, 32], 0),
            (new(3, 0.5f), [1, 7, 39], 5),
            (new(1), [1, 1, 8], 0),             // one token
        ];
        return rows.Select(r =>
        {
            CaseInput x = CaseInput.X(r.Shape, paddingColumns: r.Padding);
            return new ConformanceCase(r.Kernel, DType.F32, DType.F32, [x, x, x, CaseInput.P([r.Kernel.Heads, (2 * r.Shape[1]) - 1], 2)]);
        });
    }

    private static IEnumerable<ConformanceCase> DynamicThresholdCases()
    {
        (double Quantile, Shape Shape, float Scale)[] rows =
        [
            (0.995, [1, 2560, 48], 3),      // FIT, first stage
            (0.995, [2, 3, 4, 5, 6], 2),
            (0.995, [3, 71], 0.2f),         // all within [-1, 1]
            (0.5, [2, 6], 40),              // between two values
            (1, [1, 33], 5),                // the largest of all
            (0, [1, 17], 5),
            (0.995, [1, 1], 9),             // one value
        ];
        return rows.Select(r => new ConformanceCase(new DynamicThreshold(r.Quantile), DType.F32, DType.F32, [CaseInput.P(r.Shape, r.Scale)]));
    }
}
