using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Graph;

/// <summary>The layers models are made of, each named and parametrised as the checkpoint stores it.</summary>
public sealed partial class GraphBuilder
{
    /// <summary>y = act(x W^T + b + shift) + residual; weights `weight` [N, K] (or [N, K, 1...]) and `bias`, where there is one.</summary>
    /// <param name="x">[..., K].</param>
    /// <param name="w">Where `weight` is.</param>
    /// <param name="outputs">N of the weight; with <see cref="Activation.Geglu"/> the result has half as many channels.</param>
    public Value Linear(Value x, WeightScope w, int outputs, Activation activation = Activation.None, Value? residual = null)
    {
        Value matrix = MatrixWeight([outputs, x.Shape.Channels], isConvolution: false, Reshaped(w, outputs, x.Shape.Channels));
        return Add(new MatMul(activation), w.Path, x, matrix, Bias(w, outputs), null, residual);
    }

    /// <summary>Several bias-free linear layers that read the same input, as one: y = [x W1^T | x W2^T | ...].</summary>
    public Value FusedLinear(Value x, int outputsEach, params ReadOnlySpan<WeightScope> layers)
    {
        WeightTensor[] tensors = new WeightTensor[layers.Length];
        for (int i = 0; i < tensors.Length; i++)
        {
            tensors[i] = layers[i].Get("weight", outputsEach, x.Shape.Channels);
        }

        Value matrix = MatrixWeight([outputsEach * tensors.Length, x.Shape.Channels], isConvolution: false, [.. tensors]);
        return Add(new MatMul(), layers[0].Path, x, matrix, null, null, null);
    }

    /// <summary>A 2d convolution over each frame; weight [N, C, k, k] and bias [N] in the file.</summary>
    /// <param name="x">[B, T, H, W, C0].</param>
    /// <param name="w">Where `weight` and `bias` are.</param>
    /// <param name="outputs">N.</param>
    /// <param name="kernel">Extent, stride, padding, upsampling and activation.</param>
    /// <param name="shift">[G, N] added per group of rows, before the activation.</param>
    /// <param name="residual">Added last.</param>
    /// <param name="second">[B, T, H, W, C1], concatenated behind x's channels.</param>
    /// <param name="bias">In place of the file's: [1 + 2F, N] as the kernel takes it.</param>
    public Value Conv2d(
        Value x, WeightScope w, int outputs, Conv2d kernel, Value? shift = null, Value? residual = null, Value? second = null, Value? bias = null)
    {
        int size = kernel.KernelSize, channels = x.Shape.Channels + (second?.Shape.Channels ?? 0);
        Value matrix = MatrixWeight([outputs, size, size, channels], isConvolution: true, w.Get("weight", outputs, channels, size, size));
        return Add(kernel, w.Path, x, matrix, bias ?? Bias(w, outputs), shift, residual, second);
    }

    /// <summary>The (3,1,1) convolution across frames; weight [C, C, 3, 1, 1] (or [C, C, 3, 1]) and bias [C] in the file.</summary>
    public Value TemporalConv(Value x, WeightScope w, Value? residual = null)
    {
        int c = x.Shape.Channels;
        Value matrix = MatrixWeight([c, 3, 1, 1, c], isConvolution: true, Reshaped(w, c, c, 3, 1, 1));
        return Add(new Conv3d(3, 1, 1), w.Path, x, matrix, Bias(w, c), null, residual);
    }

    public Value GroupNorm(Value x, WeightScope w, GroupNorm kernel, Value? second = null)
    {
        int channels = x.Shape.Channels + (second?.Shape.Channels ?? 0);
        return Add(kernel, w.Path, x, Parameter(w.Get("weight", channels)), Parameter(w.Get("bias", channels)), second);
    }

    public Value LayerNorm(Value x, WeightScope w)
        => Add(new LayerNorm(), w.Path, x, Parameter(w.Get("weight", x.Shape.Channels)), Parameter(w.Get("bias", x.Shape.Channels)));

    public Value Attention(Value q, Value k, Value v, Attention kernel, string label) => Add(kernel, label, q, k, v);

    public Value Silu(Value x) => Add(new Elementwise(ElementwiseOp.Silu), "", x, null);

    /// <summary>x in another storage type; x itself when it is stored so already.</summary>
    public Value Cast(Value x, DType type) => x.Spec.DType == type ? x : Add(new Elementwise(ElementwiseOp.Copy, To: type), "", x, null);

    /// <summary>How many values of x are NaN or infinite, as the output called <paramref name="outputName"/>.</summary>
    public void CountNonFinite(Value x, string outputName) => Output(outputName, Add(new NonFiniteCount(), outputName, x));

    private Value? Bias(WeightScope w, int outputs) => w.Contains("bias") ? Parameter(w.Get("bias", outputs)) : null;

    /// <summary>`weight` under another shape of as many elements: projections may be stored as 1x1 convolutions.</summary>
    private static WeightTensor Reshaped(WeightScope w, params ReadOnlySpan<int> shape)
    {
        WeightTensor tensor = w.Get("weight");
        bool fits = tensor.Shape[0] == shape[0] && tensor.ElementCount == ((Shape)new(shape)).Count;
        return fits ? tensor.Reshape([.. shape]) : throw WeightException.WrongShape(w.Source, tensor.Name, shape, tensor.Shape.AsSpan());
    }
}
