namespace Hummingbird.Vulkan.Kernels.Cases;

public static partial class ConformanceCases
{
    private static IEnumerable<ConformanceCase> Conv3dCases()
    {
        Conv3d temporal = new(3, 1, 1), cube = new(3, 3, 3);
        return
        [
            .. MatrixCase(temporal, [1, 16, 2, 4, 320], 64),                    // U-Net, level 0 (fewer pixels)
            .. MatrixCase(temporal, [1, 26, 1, 3, 640], 40, residual: 0),
            .. MatrixCase(temporal, [1, 16, 5, 8, 64], 64),
            .. MatrixCase(temporal, [1, 1, 5, 8, 64], 64),                      // one frame: both outer taps are zeros
            .. MatrixCase(temporal, [2, 2, 3, 5, 6], 10, shift: 4),
            .. MatrixCase(temporal, [2, 5, 1, 1, 13], 3, residual: 4),
            .. MatrixCase(temporal, [1, 4, 7, 9, 16], 24, padding: 8),
            .. MatrixCase(new Conv3d(3, 1, 1, Activation.Silu), [3, 4, 2, 2, 8], 8, shift: 3, residual: 0),
            .. MatrixCase(temporal, [1, 16, 10, 16, 64], 32, residual: 0),      // by Winograd's transform from here on
            .. MatrixCase(temporal, [2, 5, 10, 17, 16], 20, shift: 2, residual: 4, padding: 6),
            .. MatrixCase(temporal, [1, 26, 12, 14, 48], 33, bias: false),
            .. MatrixCase(new Conv3d(3, 1, 1, Activation.Silu), [1, 2, 10, 16, 20], 16, shift: 1),
            .. MatrixCase(temporal, [1, 8, 10, 16, 1280], 16),                  // the most channels
            .. MatrixCase(cube, [1, 3, 5, 7, 24], 20),
            .. MatrixCase(cube, [2, 2, 3, 4, 5], 6, bias: false, residual: 1),
            .. MatrixCase(cube, [1, 1, 1, 1, 32], 16),
            .. MatrixCase(new Conv3d(5, 1, 1), [1, 8, 2, 3, 16], 8),
            .. MatrixCase(new Conv3d(1, 3, 3), [1, 3, 7, 9, 4], 12),
            .. MatrixCase(new Conv3d(1, 1, 1), [1, 3, 4, 5, 20], 7),
            .. MatrixCase(new Conv3d(3, 5, 1, Activation.GeluErf), [2, 3, 6, 4, 3], 9),
        ];
    }
}
