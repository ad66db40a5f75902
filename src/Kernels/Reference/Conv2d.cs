using Hummingbird.Vulkan.Kernels.Reference;

namespace Hummingbird.Vulkan.Kernels;

public sealed partial record Conv2d
{
    /// <summary>torch.nn.functional.conv2d over torch.cat([x, x2], channels), after torch.nn.functional.interpolate (nearest, x2) if asked.</summary>
    public override void Reference(ReadOnlySpan<HostTensor?> inputs, HostTensor output)
    {
        HostTensor?[] operands = inputs.ToArray();
        (int height, int width) = (output.Shape[-3], output.Shape[-2]);
        Parallel.For(0L, output.Shape.Rows, row =>
        {
            int left = (int)(row % width), top = (int)(row / width % height);
            long image = row / width / height;
            Span<float> target = output.Row(row);
            for (int n = 0; n < target.Length; n++)
            {
                target[n] = Products.Finish(Product(operands, image, (top * Stride) - LeadingPadding, (left * Stride) - LeadingPadding, n), operands, output, row, n, Activation);
            }
        });
    }

    /// <summary>One kernel, its first tap at (<paramref name="top"/>, <paramref name="left"/>), times the image beneath it.</summary>
    private double Product(HostTensor?[] inputs, long image, int top, int left, int column)
    {
        (HostTensor x, HostTensor weight, HostTensor? x2) = (inputs[0]!, inputs[1]!, inputs[5]);
        (int height, int width, int scale) = (x.Shape[-3], x.Shape[-2], Upsample2x ? 2 : 1);
        double sum = 0;
        for (int ky = 0; ky < KernelSize; ky++)
        {
            for (int kx = 0; kx < KernelSize; kx++)
            {
                (int line, int pixel) = (top + ky, left + kx);
                if (line < 0 || pixel < 0 || line >= height * scale || pixel >= width * scale)
                {
                    continue;
                }

                long source = (((image * height) + (line / scale)) * width) + (pixel / scale);
                ReadOnlySpan<float> tap = weight.Row((((column * KernelSize) + ky) * KernelSize) + kx);
                sum += Products.Dot(x.Row(source), tap[..x.Shape.Channels]);
                sum += x2 is null ? 0 : Products.Dot(x2.Row(source), tap[x.Shape.Channels..]);
            }
        }

        return sum;
    }
}
