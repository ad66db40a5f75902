namespace Hummingbird.Vulkan.Kernels;

/// <summary>A 3-D convolution over videos, channels last, stride 1, same size: y = activation(conv(x) + bias + shift) + residual.</summary>
/// <remarks>Inputs: 0 x [B, T, H, W, C] (may be a column slice); 1 weight [N, kt, kh, kw, C]; 2 bias [N] fp32, optional; 3 shift [G, N]
/// fp32, optional, where output row r uses shift[r / (rows / G)]; 4 residual [B, T, H, W, N], optional -> y [B, T, H, W, N].
/// Zero padding of half the kernel. (3, 1, 1) is the temporal convolution. Sums in fp32.
/// Reference: torch.nn.Conv3d. Shaders: shaders/conv3d.comp, or along time where <see cref="WinogradPolicy"/> says so winograd_input,
/// matmul and winograd_output.</remarks>
public sealed partial record Conv3d(int KernelT, int KernelH, int KernelW, Activation Activation = Activation.None) : Kernel
{
    /// <summary>The shader's parameters behind the addresses of x, weight, bias, shift, residual, y.</summary>
    /// <param name="Kernel">kt | kh &lt;&lt; 8 | kw &lt;&lt; 16.</param>
    public readonly record struct Parameters(MatrixParameters Matrix, uint Frames, uint Height, uint Width, uint Kernel);

    public override string Name => "conv3d";

    public override string Attributes
        => $"kernel={KernelT}x{KernelH}x{KernelW}" + (Activation == Activation.None ? "" : "," + Activation.ToString().ToLowerInvariant());

    private MatrixCore Core => new(Name, Activation, KernelT * KernelH * KernelW, Attributes);

    public override Shape Infer(ReadOnlySpan<TensorSpec> inputs)
    {
        foreach (int size in (ReadOnlySpan<int>)[KernelT, KernelH, KernelW])
        {
            if (size is < 1 or > 255 || size % 2 == 0 || Activation == Activation.Geglu)
            {
                throw new ShapeException($"{Name}: kernel sizes must be odd, 1 to 255, and the activation a scalar function, found {Attributes}.");
            }
        }

        TensorSpec x = inputs[0];
        if (x.Shape.Rank != 5)
        {
            throw new ShapeException($"{Name}: x must be [B, T, H, W, C], found {x}.");
        }

        int columns = Core.CheckWeight(inputs, [KernelT, KernelH, KernelW, x.Shape.Channels]);
        return Core.CheckOutput(inputs, x.Shape.WithChannels(columns));
    }

    public override KernelPlan Plan(ReadOnlySpan<TensorSpec> inputs, TensorSpec output, KernelTarget target)
    {
        if (WinogradPolicy.Tile(this, inputs, target) is var tile and > 0)
        {
            return Winograd(tile, inputs, output, target).Plan();
        }

        Shape x = inputs[0].Shape;
        uint kernel = (uint)(KernelT | (KernelH << 8) | (KernelW << 16));
        return Core.Plan(
            inputs[..5],
            output,
            target,
            matrix => new Parameters(matrix, (uint)x[1], (uint)x[2], (uint)x[3], kernel),
            KernelH == 1 && KernelW == 1 ? MatrixFeatures.Planar : MatrixFeatures.None);
    }

    public override WeightPacking? Packing(int index, ReadOnlySpan<TensorSpec> inputs, KernelTarget target)
        => index != 1 ? null
            : WinogradPolicy.Tile(this, inputs, target) is var tile and > 0
                ? Winograd(tile, inputs, new(Infer(inputs), inputs[0].DType), target).Weights
            : Core.Packing(inputs[..5], target);

    public override MatrixProblem? Product(ReadOnlySpan<TensorSpec> inputs) => Core.Problem(inputs[..5]);

    public override Cost Cost(ReadOnlySpan<TensorSpec> inputs, TensorSpec output) => Core.Cost(inputs, output);

    private WinogradConvolution Winograd(int tile, ReadOnlySpan<TensorSpec> inputs, TensorSpec output, KernelTarget target)
        => new(tile, [.. inputs[..5], TensorSpec.Absent], output, target, Activation, IsTemporal: true);
}
