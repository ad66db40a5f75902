using Hummingbird.Vulkan.Kernels.Reference;

namespace Hummingbird.Vulkan.Kernels;

public sealed partial record MatMul
{
    /// <summary>torch.nn.functional.linear; for GEGLU value * torch.nn.functional.gelu(gate), [value, gate] = linear(x).chunk(2, -1).</summary>
    public override void Reference(ReadOnlySpan<HostTensor?> inputs, HostTensor output)
    {
        HostTensor?[] operands = inputs.ToArray();
        (HostTensor x, HostTensor weight) = (operands[0]!, operands[1]!);
        Parallel.For(0L, output.Shape.Rows, row =>
        {
            ReadOnlySpan<float> source = x.Row(row);
            Span<float> target = output.Row(row);
            for (int n = 0; n < target.Length; n++)
            {
                double product = Products.Dot(source, weight.Row(n));
                target[n] = Activation == Activation.Geglu
                    ? Gated(product, Products.Dot(source, weight.Row(n + target.Length)), operands, row, n, target.Length)
                    : Products.Finish(product, operands, output, row, n, Activation);
            }
        });
    }

    private static float Gated(double value, double gate, HostTensor?[] inputs, long row, int column, int columns)
    {
        if (inputs[2] is { } bias)
        {
            value += bias.Row(0)[column];
            gate += bias.Row(0)[columns + column];
        }

        double product = value * Functions.GeluErf(gate);
        return (float)(inputs[4] is { } residual ? product + residual.Row(row)[column] : product);
    }
}
