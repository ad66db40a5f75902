namespace Hummingbird.Vulkan.Kernels;

/// <summary>A 2-D convolution over images, channels last: y = activation(conv(x ++ x2) + bias + shift) + residual.</summary>
/// <remarks>Inputs: 0 x [..., H, W, C0]; 1 weight [N, k, k, C0 + C1]; 2 bias [N] fp32, optional, or [1 + 2F, N]: the bias, F rows of
/// factors, F rows of offsets, and image i (of those before H) gives factor[i % F] * (conv + bias) + offset[i % F]; 3 shift [G, N] fp32, optional,
/// where output row r uses shift[r / (rows / G)]; 4 residual [..., Ho, Wo, N], optional; 5 x2 [..., H, W, C1], optional, concatenated
/// behind x's channels without a copy -> y [..., Ho, Wo, N]. x, x2 and residual may be column slices. Sums in fp32.
/// Reference: torch.nn.Conv2d (behind torch.nn.Upsample(scale_factor=2, mode="nearest") with <paramref name="Upsample2x"/>).
/// Shaders: shaders/conv2d.comp, or where <see cref="WinogradPolicy"/> says so winograd_input, matmul and winograd_output.</remarks>
/// <param name="KernelSize">Odd.</param>
/// <param name="Stride">Pixels between two outputs.</param>
/// <param name="Padding">Where zeros are padded.</param>
/// <param name="Upsample2x">The kernel walks over the nearest-x2 image of the input.</param>
/// <param name="Activation">Applied before the residual is added.</param>
public sealed partial record Conv2d(
    int KernelSize = 3, int Stride = 1, ConvPadding Padding = ConvPadding.Same, bool Upsample2x = false, Activation Activation = Activation.None) : Kernel
{
    /// <summary>The shader's parameters behind the addresses of x, weight, bias, shift, residual, x2, y.</summary>
    /// <param name="Geometry">Kernel size | stride &lt;&lt; 8 | padding at the top and left &lt;&lt; 16 | log2(upsampling) &lt;&lt; 24.</param>
    /// <param name="Frames">F, or 0.</param>
    public readonly record struct Parameters(
        MatrixParameters Matrix, uint Channels2, uint X2Stride, uint Height, uint Width, uint OutHeight, uint OutWidth, uint Geometry, uint Frames);

    /// <summary>Parameters of shaders/winograd_input.comp behind the addresses of x, x2, v.</summary>
    public readonly record struct WinogradInputParameters(
        uint Channels, uint Channels2, uint XStride, uint X2Stride, uint VStride, uint Height, uint Width, uint Doubled,
        uint TilesAcross, uint TilesDown, uint FirstTile, uint Tiles, uint Fold);

    /// <summary>Parameters of shaders/winograd_output.comp behind the addresses of m, bias, shift, residual, y.</summary>
    public readonly record struct WinogradOutputParameters(
        uint Columns, uint MStride, uint ResidualStride, uint YStride, uint ShiftImages, uint ShiftStride, uint Height, uint Width,
        uint TilesAcross, uint TilesDown, uint FirstTile, uint Tiles, uint Fold, uint Frames);

    public override string Name => "conv2d";

    public override string Attributes
    {
        get
        {
            string text = $"kernel={KernelSize}";
            text += Stride == 1 ? "" : $",stride={Stride}";
            text += Padding == ConvPadding.Same ? "" : ",bottom_right";
            text += Upsample2x ? ",upsample" : "";
            return text + (Activation == Activation.None ? "" : "," + Activation.ToString().ToLowerInvariant());
        }
    }

    private MatrixCore Core => new(Name, Activation, KernelSize * KernelSize, Attributes);

    /// <summary>Zeros above the first row and left of the first column.</summary>
    private int LeadingPadding => Padding == ConvPadding.Same ? KernelSize / 2 : 0;

    public override Shape Infer(ReadOnlySpan<TensorSpec> inputs)
    {
        CheckAttributes();
        (TensorSpec x, TensorSpec x2) = (inputs[0], inputs[5]);
        if (x.Shape.Rank < 3)
        {
            throw new ShapeException($"{Name}: x must be [..., H, W, C], found {x}.");
        }

        if (x2.IsPresent && (x2.DType != x.DType || x2.Shape != x.Shape.WithChannels(x2.Shape.Channels)))
        {
            throw new ShapeException($"{Name}: the second source must have the type and the extents of x {x} but for channels, found {x2}.");
        }

        int channels = x.Shape.Channels + (x2.IsPresent ? x2.Shape.Channels : 0);
        int columns = Core.CheckWeight(inputs, [KernelSize, KernelSize, channels], Frames(inputs));
        int[] extents = x.Shape.ToArray();
        CheckFrames(inputs);
        (extents[^3], extents[^2], extents[^1]) = (OutputSize(extents[^3]), OutputSize(extents[^2]), columns);
        return extents[^3] > 0 && extents[^2] > 0
            ? Core.CheckOutput(inputs, new Shape(extents))
            : throw new ShapeException($"{Name}: x {x} is smaller than the kernel of {KernelSize}x{KernelSize}.");
    }

    public override KernelPlan Plan(ReadOnlySpan<TensorSpec> inputs, TensorSpec output, KernelTarget target)
    {
        if (WinogradPolicy.Tile(this, inputs, target) is var tile and > 0)
        {
            return new WinogradConvolution(tile, [.. inputs], output, target, Activation, Upsample2x: Upsample2x).Plan();
        }

        (Shape x, Shape y, TensorSpec x2) = (inputs[0].Shape, output.Shape, inputs[5]);
        int frames = Frames(inputs);
        int geometry = KernelSize | (Stride << 8) | (LeadingPadding << 16) | ((Upsample2x ? 1 : 0) << 24);
        return Core.Plan(inputs, output, target, matrix => new Parameters(
            matrix,
            x2.IsPresent ? (uint)x2.Shape.Channels : 0,
            (uint)x2.RowStride,
            (uint)x[-3],
            (uint)x[-2],
            (uint)y[-3],
            (uint)y[-2],
            (uint)geometry,
            (uint)frames),
            frames > 0 ? MatrixFeatures.InFrames : MatrixFeatures.None);
    }

    public override WeightPacking? Packing(int index, ReadOnlySpan<TensorSpec> inputs, KernelTarget target)
        => index != 1 ? null
            : WinogradPolicy.Tile(this, inputs, target) is var tile and > 0
                ? new WinogradConvolution(tile, [.. inputs], new(Infer(inputs), inputs[0].DType), target, Activation).Weights
            : Core.Packing(inputs, target);

    public override MatrixProblem? Product(ReadOnlySpan<TensorSpec> inputs) => Core.Problem(inputs);

    public override Cost Cost(ReadOnlySpan<TensorSpec> inputs, TensorSpec output) => Core.Cost(inputs, output);

    /// <summary>Frames the bias has factors and offsets for, 0 for none.</summary>
    internal static int Frames(ReadOnlySpan<TensorSpec> inputs) => inputs[2] is { IsPresent: true, Shape.Rank: 2 } bias ? bias.Shape[0] / 2 : 0;

    private void CheckFrames(ReadOnlySpan<TensorSpec> inputs)
    {
        long images = inputs[0].Shape.Rows / (inputs[0].Shape[-3] * inputs[0].Shape[-2]);
        if (Frames(inputs) is var frames and > 0 && images % frames != 0)
        {
            throw new ShapeException($"{Name}: the bias {inputs[2]} has factors of {frames} frames, which do not divide the {images} images of x {inputs[0]}.");
        }
    }

    private int OutputSize(int size)
    {
        int padded = (Upsample2x ? 2 * size : size) + (Padding == ConvPadding.Same ? KernelSize / 2 * 2 : 1);
        return padded < KernelSize ? 0 : ((padded - KernelSize) / Stride) + 1;
    }

    private void CheckAttributes()
    {
        if (KernelSize is < 1 or > 255 || KernelSize % 2 == 0 || Stride is < 1 or > 255 || Activation == Activation.Geglu)
        {
            throw new ShapeException($"{Name}: kernel size must be odd, stride 1 to 255, and the activation a scalar function, found {Attributes}.");
        }
    }
}
