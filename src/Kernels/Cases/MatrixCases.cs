namespace Hummingbird.Vulkan.Kernels.Cases;

public static partial class ConformanceCases
{
    /// <summary>A case of matmul, conv2d or conv3d in every storage; the optional operands' extents follow from the others.</summary>
    /// <param name="columns">Output channels.</param>
    /// <param name="second">Channels of the second source, 0 for none.</param>
    /// <param name="padding">The sources are slices of rows that are this much wider.</param>
    /// <param name="shift">Rows of the shift, 0 for none.</param>
    /// <param name="shiftPadding">The shift is a slice of rows that are this much wider.</param>
    /// <param name="frames">Frames the bias has factors and offsets for, 0 for none.</param>
    /// <param name="residual">Null for none; else the residual is a slice of rows that are this much wider.</param>
    private static IEnumerable<ConformanceCase> MatrixCase(
        Kernel kernel, Shape x, int columns, int second = 0, int padding = 0, bool bias = true, int shift = 0, int shiftPadding = 0, int? residual = null,
        int frames = 0)
    {
        Shape weight = MatrixWeight(kernel, columns, x.Channels + second);
        List<CaseInput> inputs =
        [
            CaseInput.X(x, paddingColumns: padding),
            CaseInput.W(weight),
            frames > 0 ? CaseInput.P([1 + (2 * frames), weight[0]]) : bias ? CaseInput.P([weight[0]], 0.5f) : CaseInput.Absent,
            CaseInput.Absent,
            CaseInput.Absent,
        ];
        if (kernel is Conv2d)
        {
            inputs.Add(second > 0 ? CaseInput.X(x.WithChannels(second), paddingColumns: padding) : CaseInput.Absent);
        }

        Shape y = kernel.Infer(new ConformanceCase(kernel, DType.F32, DType.F32, [.. inputs]).Specs());
        inputs[3] = shift > 0 ? CaseInput.P([shift, columns], paddingColumns: shiftPadding) : CaseInput.Absent;
        inputs[4] = residual is { } slice ? CaseInput.X(y, paddingColumns: slice) : CaseInput.Absent;
        return InEveryStorage(kernel, weights: true, [.. inputs]);
    }

    private static Shape MatrixWeight(Kernel kernel, int columns, int channels) => kernel switch
    {
        MatMul { Activation: Activation.Geglu } => [2 * columns, channels],
        Conv2d conv => [columns, conv.KernelSize, conv.KernelSize, channels],
        Conv3d conv => [columns, conv.KernelT, conv.KernelH, conv.KernelW, channels],
        _ => [columns, channels],
    };
}
