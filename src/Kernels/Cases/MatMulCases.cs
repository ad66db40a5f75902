namespace Hummingbird.Vulkan.Kernels.Cases;

public static partial class ConformanceCases
{
    private static IEnumerable<ConformanceCase> MatMulCases()
    {
        MatMul plain = new(), silu = new(Activation.Silu), gelu = new(Activation.GeluErf), geglu = new(Activation.Geglu);
        return
        [
            .. MatrixCase(plain, [1, 160, 320], 320),                       // U-Net projection, level 0 (fewer rows)
            .. MatrixCase(plain, [1, 170, 320], 320),                       // enough work for the long step of loaded vectors
            .. MatrixCase(plain, [1, 160, 320], 320, bias: false),          // queries
            .. MatrixCase(plain, [1, 160, 320], 320, residual: 0),          // attention's output
            .. MatrixCase(plain, [1, 1, 40, 1280], 320),                    // level 3: 5x8 pixels
            .. MatrixCase(plain, [2, 77, 256], 64),                         // text keys and values
            .. MatrixCase(silu, [1, 320], 1280),                            // time embedding: one row
            .. MatrixCase(plain, [4, 320], 64),
            .. MatrixCase(plain, [50, 48], 128),                            // an odd number of 4 to 12 and 20 rows: a walk's last tile is behind all rows
            .. MatrixCase(plain, [34, 48], 128),                            // of 16
            .. MatrixCase(plain, [5, 48], 40),                              // 5 to 8 rows
            .. MatrixCase(plain, [16, 1280], 24),
            .. MatrixCase(gelu, [77, 64], 256),                             // text encoder
            .. MatrixCase(geglu, [64, 320], 320),                           // feed-forward
            .. MatrixCase(geglu, [64, 1280], 64, residual: 64),
            .. MatrixCase(geglu, [40, 40], 20),
            .. MatrixCase(geglu, [9, 6], 1),
            .. MatrixCase(geglu, [70, 33], 47, bias: false, residual: 3),
            .. MatrixCase(plain, [30, 24], 40, padding: 48),                // a slice of q, k, v
            .. MatrixCase(plain, [30, 24], 40, padding: 3, residual: 5),
            .. MatrixCase(plain, [3, 50, 9], 11, padding: 2, residual: 0),
            .. MatrixCase(silu, [26, 40], 24, shift: 26),                   // every row its own shift
            .. MatrixCase(plain, [2, 3, 21, 16], 40, shift: 6, shiftPadding: 24),
            .. MatrixCase(gelu, [12, 10], 6, bias: false, shift: 2, residual: 0),
            .. MatrixCase(plain, [1, 1], 1),
            .. MatrixCase(plain, [7, 1], 3),
            .. MatrixCase(plain, [3, 2], 2),
            .. MatrixCase(plain, [9, 3], 5),
            .. MatrixCase(plain, [17, 5], 4),
            .. MatrixCase(plain, [33, 6], 7),
            .. MatrixCase(plain, [19, 4], 1),
            .. MatrixCase(plain, [65, 13], 17),
            .. MatrixCase(plain, [64, 12], 64),
            .. MatrixCase(plain, [100, 20], 65),
            .. MatrixCase(plain, [31, 36], 33),
            .. MatrixCase(plain, [18, 1023], 9),
            .. MatrixCase(plain, [4, 4], 1030),                             // many panels of columns
        ];
    }
}
