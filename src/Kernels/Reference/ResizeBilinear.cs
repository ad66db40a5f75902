namespace Hummingbird.Vulkan.Kernels;

public sealed partial record ResizeBilinear
{
    /// <summary>torch.nn.functional.interpolate(x, scale_factor=Factor, mode="bilinear", align_corners=False).</summary>
    public override void Reference(ReadOnlySpan<HostTensor?> inputs, HostTensor output)
    {
        HostTensor x = inputs[0]!;
        (int height, int width, int outHeight, int outWidth) = (x.Shape[-3], x.Shape[-2], output.Shape[-3], output.Shape[-2]);
        for (long row = 0; row < output.Shape.Rows; row++)
        {
            long image = row / outWidth / outHeight * height;
            (int top, int bottom, double down) = Neighbours((int)(row / outWidth % outHeight), height);
            (int left, int right, double across) = Neighbours((int)(row % outWidth), width);
            ReadOnlySpan<float> a = x.Row(((image + top) * width) + left), b = x.Row(((image + top) * width) + right);
            ReadOnlySpan<float> c = x.Row(((image + bottom) * width) + left), d = x.Row(((image + bottom) * width) + right);
            Span<float> target = output.Row(row);
            for (int i = 0; i < target.Length; i++)
            {
                double upper = a[i] + (across * (b[i] - a[i])), lower = c[i] + (across * (d[i] - c[i]));
                target[i] = (float)(upper + (down * (lower - upper)));
            }
        }
    }

    /// <summary>The two pixels on either side of a new one, and how far it lies from the first towards the second.</summary>
    private (int First, int Second, double Part) Neighbours(int at, int size)
    {
        double source = Math.Max(0, ((at + 0.5) / Factor) - 0.5);
        int first = (int)source;
        return (first, Math.Min(first + 1, size - 1), source - first);
    }
}
