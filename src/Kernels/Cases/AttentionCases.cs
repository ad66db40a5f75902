namespace Hummingbird.Vulkan.Kernels.Cases;

public static partial class ConformanceCases
{
    private static IEnumerable<ConformanceCase> AttentionCases()
        => [.. VideoAttentionCases(), .. CrossAttentionCases(), .. SequenceAttentionCases(), .. DirectedAttentionCases()];

    // q, k and v are slices of one fused buffer there: each row is three times as wide.
    private static IEnumerable<ConformanceCase> VideoAttentionCases()
    {
        (AttentionAxis Axis, int Heads, Shape Shape, bool Causal)[] rows =
        [
            (AttentionAxis.Spatial, 1, [1, 1, 40, 64, 8], false),       // every pixel of level 0
            (AttentionAxis.Spatial, 2, [1, 2, 20, 32, 128], false),
            (AttentionAxis.Spatial, 20, [1, 1, 5, 8, 1280], false),     // U-Net, level 3
            (AttentionAxis.Spatial, 4, [2, 2, 3, 5, 32], false),        // nano's head size, a ragged tail
            (AttentionAxis.Spatial, 1, [1, 1, 6, 8, 512], false),       // VAE: one wide head
            (AttentionAxis.Spatial, 2, [1, 3, 5, 8, 256], false),       // wide heads of several frames
            (AttentionAxis.Spatial, 1, [1, 2, 27, 40, 96], false),      // more queries of a wide head than go through at once
            (AttentionAxis.Spatial, 1, [1, 2, 1, 1, 64], false),        // one pixel
            (AttentionAxis.Temporal, 5, [1, 16, 4, 8, 320], false),     // 16 frames
            (AttentionAxis.Temporal, 2, [2, 26, 2, 3, 80], false),
            (AttentionAxis.Temporal, 8, [2, 4, 6, 5, 32], false),       // head size 4
            (AttentionAxis.Temporal, 2, [1, 1, 5, 4, 128], false),      // one frame
            (AttentionAxis.Temporal, 2, [1, 11, 3, 3, 48], true),
            (AttentionAxis.Temporal, 1, [1, 3, 10, 16, 160], true),     // a wide head, masked
            (AttentionAxis.Temporal, 1, [1, 2, 260, 256, 8], false),    // more problems than one dimension of workgroups
        ];
        return rows.SelectMany(r =>
        {
            CaseInput slice = CaseInput.X(r.Shape, paddingColumns: 2 * r.Shape.Channels);
            return InEveryStorage(new Attention(r.Heads, r.Axis, r.Causal), weights: false, slice, slice, slice);
        });
    }

    /// <summary>Directed temporal attention of MagicVideo in its two readings.</summary>
    private static IEnumerable<ConformanceCase> DirectedAttentionCases()
    {
        (int Heads, Shape Shape, bool After)[] rows =
        [
            (8, [1, 16, 4, 4, 320], false),     // U-Net, level 0
            (8, [2, 5, 2, 2, 1280], false),     // a pair of keyframes and what lies between, a wide head
            (8, [1, 16, 4, 4, 320], true),
            (8, [1, 5, 2, 3, 1280], true),
            (2, [1, 26, 3, 3, 48], true),       // more frames than a subgroup has lanes
        ];
        return rows.SelectMany(r =>
        {
            CaseInput slice = CaseInput.X(r.Shape, paddingColumns: 2 * r.Shape.Channels);
            return InEveryStorage(new Attention(r.Heads, AttentionAxis.Temporal, Causal: true, MaskAfterSoftmax: r.After), weights: false, slice, slice, slice);
        });
    }

    private static IEnumerable<ConformanceCase> CrossAttentionCases()
    {
        (int Heads, Shape Q, int Length)[] rows =
        [
            (5, [1, 1, 20, 32, 320], 77),       // U-Net: pixels attend the prompt
            (20, [2, 2, 5, 8, 1280], 77),
            (4, [2, 3, 6, 5, 32], 11),
            (3, [1, 2, 3, 3, 72], 1),           // one key: softmax of one score
            (2, [1, 2, 4, 4, 256], 26),         // wide heads
        ];
        return rows.SelectMany(r =>
        {
            CaseInput keys = CaseInput.X([r.Q[0], r.Length, r.Q.Channels], paddingColumns: r.Q.Channels);
            return InEveryStorage(new Attention(r.Heads, AttentionAxis.Cross), weights: false, CaseInput.X(r.Q), keys, keys);
        });
    }

    private static IEnumerable<ConformanceCase> SequenceAttentionCases()
    {
        (Attention Kernel, Shape Q, int Keys, float Scale)[] rows =
        [
            (Sequence(16, causal: true), [1, 77, 1024], 77, 1),     // text encoder
            (Sequence(2, causal: true), [2, 32, 32], 32, 1),        // nano
            (Sequence(1), [1, 8, 64], 2560, 1),                     // many keys
            (Sequence(2), [1, 16, 80], 26, 1),                      // head sizes 40,
            (Sequence(2), [1, 9, 48], 8, 1),                        // 24,
            (Sequence(1), [1, 33, 80], 19, 1),                      // 80,
            (Sequence(1), [2, 13, 128], 11, 1),                     // 128,
            (Sequence(3), [1, 5, 39], 7, 1),                        // and 13
            (Sequence(1, causal: true), [1, 6, 512], 6, 1),
            (Sequence(2), [1, 20, 128], 50, 8),                     // scores so far apart that one key takes all
            (Sequence(2) with { Scale = 1 }, [1, 12, 32], 12, 1),   // T5: no scale
        ];
        return rows.SelectMany(r =>
        {
            CaseInput keys = CaseInput.X([r.Q[0], r.Keys, r.Q.Channels], r.Scale);
            return InEveryStorage(r.Kernel, weights: false, CaseInput.X(r.Q, r.Scale), keys, keys);
        });
    }

    private static Attention Sequence(int heads, bool causal = false) => new(heads, AttentionAxis.Sequence, causal);
}
