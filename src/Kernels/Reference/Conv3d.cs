using Hummingbird.Vulkan.Kernels.Reference;

namespace Hummingbird.Vulkan.Kernels;

public sealed partial record Conv3d
{
    /// <summary>torch.nn.functional.conv3d with padding (kt // 2, kh // 2, kw // 2).</summary>
    public override void Reference(ReadOnlySpan<HostTensor?> inputs, HostTensor output)
    {
        HostTensor?[] operands = inputs.ToArray();
        Shape shape = output.Shape;
        Parallel.For(0L, shape.Rows, row =>
        {
            (int x, int y, int t) = ((int)(row % shape[3]), (int)(row / shape[3] % shape[2]), (int)(row / shape[3] / shape[2] % shape[1]));
            Span<float> target = output.Row(row);
            for (int n = 0; n < target.Length; n++)
            {
                target[n] = Products.Finish(Product(operands[0]!, operands[1]!, row, (t, y, x), n), operands, output, row, n, Activation);
            }
        });
    }

    private double Product(HostTensor input, HostTensor weight, long row, (int T, int Y, int X) centre, int column)
    {
        (int frames, int height, int width) = (input.Shape[1], input.Shape[2], input.Shape[3]);
        double sum = 0;
        for (int tap = 0; tap < KernelT * KernelH * KernelW; tap++)
        {
            int dx = (tap % KernelW) - (KernelW / 2);
            int dy = (tap / KernelW % KernelH) - (KernelH / 2);
            int dt = (tap / KernelW / KernelH) - (KernelT / 2);
            if ((uint)(centre.T + dt) < frames && (uint)(centre.Y + dy) < height && (uint)(centre.X + dx) < width)
            {
                long source = row + (((dt * height) + dy) * (long)width) + dx;
                sum += Products.Dot(input.Row(source), weight.Row(((long)column * KernelT * KernelH * KernelW) + tap));
            }
        }

        return sum;
    }
}
