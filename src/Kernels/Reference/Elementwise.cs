using Hummingbird.Vulkan.Kernels.Reference;

namespace Hummingbird.Vulkan.Kernels;

public sealed partial record Elementwise
{
    /// <summary>alpha * a, alpha * (torch.add), torch.nn.functional.silu, relu, or gelu(approximate="tanh") times b.</summary>
    public override void Reference(ReadOnlySpan<HostTensor?> inputs, HostTensor output)
    {
        (HostTensor a, HostTensor? b) = (inputs[0]!, inputs.Length > 1 ? inputs[1] : null);
        for (long row = 0; row < a.Shape.Rows; row++)
        {
            ReadOnlySpan<float> left = a.Row(row);
            ReadOnlySpan<float> right = b is null ? default : b.Row(row);
            Span<float> target = output.Row(row);
            for (int c = 0; c < target.Length; c++)
            {
                target[c] = (float)(Op switch
                {
                    ElementwiseOp.Copy => (double)Alpha * left[c],
                    ElementwiseOp.Add => Alpha * ((double)left[c] + right[c]),
                    ElementwiseOp.Relu => Math.Max(left[c], 0),
                    ElementwiseOp.GatedGelu => Functions.GeluTanh(left[c]) * right[c],
                    _ => Functions.Silu(left[c]),
                });
            }
        }
    }
}
