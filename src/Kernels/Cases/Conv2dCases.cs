namespace Hummingbird.Vulkan.Kernels.Cases;

public static partial class ConformanceCases
{
    private static IEnumerable<ConformanceCase> Conv2dCases()
    {
        Conv2d same = new(), down = new(Stride: 2), encoderDown = new(Stride: 2, Padding: ConvPadding.BottomRight);
        Conv2d up = new(Upsample2x: true), pointwise = new(KernelSize: 1), silu = new(Activation: Activation.Silu);
        return
        [
            .. MatrixCase(same, [1, 1, 10, 16, 320], 32),                       // U-Net, level 0 (fewer pixels and channels out)
            .. MatrixCase(same, [1, 1, 5, 8, 1280], 32),
            .. MatrixCase(same, [1, 2, 10, 16, 4], 320),                        // conv_in
            .. MatrixCase(same, [1, 2, 10, 16, 320], 4),                        // conv_out
            .. MatrixCase(same, [1, 2, 12, 20, 128], 3),                        // VAE conv_out
            .. MatrixCase(same, [2, 9, 11, 3], 16),                             // VAE encoder conv_in
            .. MatrixCase(same, [1, 1, 5, 8, 64], 64, second: 64),              // a skip
            .. MatrixCase(same, [1, 1, 5, 8, 640], 16, second: 320),
            .. MatrixCase(same, [2, 7, 9, 6], 10, second: 5),
            .. MatrixCase(same, [2, 7, 9, 8], 12, second: 4),
            .. MatrixCase(same, [1, 7, 9, 1], 3, second: 1, padding: 1, residual: 0),
            .. MatrixCase(same, [1, 1, 20, 32, 64], 64, shift: 1, residual: 0), // whole tiles
            .. MatrixCase(same, [1, 2, 13, 15, 24], 20, shift: 2),               // ragged tiles
            .. MatrixCase(same, [3, 18, 11, 16], 17, residual: 3, padding: 8),
            .. MatrixCase(same, [1, 3, 14, 13, 13], 33, second: 7, padding: 3, bias: false),
            .. MatrixCase(same, [1, 1, 10, 16, 640], 16, second: 320),           // the most channels of the large tile
            .. MatrixCase(same, [1, 1, 10, 16, 1280], 16, second: 640),
            .. MatrixCase(same, [1, 300, 260, 16], 24),                          // several slices
            .. MatrixCase(up, [1, 2, 5, 16, 32], 48, residual: 4),
            .. MatrixCase(new Conv2d(Upsample2x: true, Activation: Activation.GeluErf), [1, 1, 9, 10, 16], 16, second: 16),
            .. MatrixCase(pointwise, [1, 1, 5, 8, 640], 64, second: 320),       // a ResBlock's skip connection
            .. MatrixCase(pointwise, [1, 4, 6, 4], 4),                          // quant_conv
            .. MatrixCase(pointwise, [3, 7, 9, 5], 3),
            .. MatrixCase(down, [1, 2, 10, 16, 64], 64),
            .. MatrixCase(down, [3, 7, 9, 6], 10),
            .. MatrixCase(down, [1, 1, 1, 8], 8),
            .. MatrixCase(encoderDown, [1, 10, 16, 64], 64),
            .. MatrixCase(encoderDown, [2, 7, 9, 12], 10),
            .. MatrixCase(encoderDown, [2, 8, 5, 3], 9),
            .. MatrixCase(up, [1, 1, 5, 8, 128], 64),
            .. MatrixCase(up, [2, 3, 5, 6], 7),
            .. MatrixCase(up, [1, 1, 1, 20], 20),
            .. MatrixCase(silu, [1, 2, 10, 16, 64], 64, shift: 2, residual: 0), // a time embedding per frame
            .. MatrixCase(same, [1, 2, 5, 7, 24], 40, shift: 1, shiftPadding: 88), // one of all time embeddings side by side
            .. MatrixCase(same, [2, 3, 5, 7, 24], 40, shift: 6, shiftPadding: 3),
            .. MatrixCase(same, [2, 3, 5, 7, 24], 40, shift: 2, residual: 8),
            .. MatrixCase(same, [2, 7, 9, 16], 24, padding: 16),
            .. MatrixCase(same, [2, 7, 9, 16], 24, padding: 5, bias: false),
            .. MatrixCase(same, [2, 7, 9, 13], 15, residual: 0),
            .. MatrixCase(same, [1, 1, 1, 32], 16),
            .. MatrixCase(same, [26, 3, 2, 8], 8),
            .. MatrixCase(new Conv2d(KernelSize: 5), [1, 7, 9, 12], 20),
            .. MatrixCase(new Conv2d(KernelSize: 5, Stride: 3), [2, 11, 8, 4], 5),
            .. MatrixCase(new Conv2d(Stride: 2, Upsample2x: true, Activation: Activation.GeluErf), [1, 5, 4, 8], 8),
            .. MatrixCase(same, [1, 16, 5, 8, 64], 32, shift: 1, frames: 16),    // MagicVideo: a frame-wise adaptor behind the convolution
            .. MatrixCase(same, [2, 3, 13, 14, 24], 20, shift: 2, residual: 0, frames: 3),
            .. MatrixCase(same, [2, 5, 3, 2, 8], 9, second: 5, residual: 3, frames: 5),
            .. MatrixCase(down, [2, 4, 7, 9, 6], 10, frames: 4),
            .. MatrixCase(up, [1, 4, 5, 8, 16], 16, frames: 2),
            .. MatrixCase(pointwise, [3, 600, 601, 1], 1),                      // more rows of workgroups than one dimension holds
        ];
    }
}
