namespace Hummingbird.Vulkan.Engine.Generation;

/// <summary>Images enlarged by a whole factor on the host, between the stages of a cascade.</summary>
/// <remarks>torch.nn.functional.interpolate(mode="bilinear", align_corners=False): pixels are areas, corners are not aligned.</remarks>
internal static class BilinearEnlargement
{
    /// <param name="source">[planes, height, width].</param>
    /// <param name="height">Of a plane.</param>
    /// <param name="width">Of a plane.</param>
    /// <param name="factor">1 or more.</param>
    /// <returns>[planes, factor * height, factor * width].</returns>
    public static float[] Apply(float[] source, int height, int width, int factor)
    {
        (int[] Low, int[] High, float[] Part) rows = Taps(height, factor), columns = Taps(width, factor);
        int planes = source.Length / (height * width), wide = factor * width;
        float[] result = new float[checked(source.Length * factor * factor)];
        Parallel.For(0, planes * height * factor, line =>
        {
            (int plane, int y) = Math.DivRem(line, height * factor);
            ReadOnlySpan<float> above = source.AsSpan(((plane * height) + rows.Low[y]) * width, width);
            ReadOnlySpan<float> below = source.AsSpan(((plane * height) + rows.High[y]) * width, width);
            Span<float> target = result.AsSpan(line * wide, wide);
            for (int x = 0; x < wide; x++)
            {
                (int low, int high, float part) = (columns.Low[x], columns.High[x], columns.Part[x]);
                float upper = above[low] + (part * (above[high] - above[low])), lower = below[low] + (part * (below[high] - below[low]));
                target[x] = upper + (rows.Part[y] * (lower - upper));
            }
        });
        return result;
    }

    /// <summary>For every new pixel along a side the two old ones it lies between, and how far from the first.</summary>
    private static (int[] Low, int[] High, float[] Part) Taps(int size, int factor)
    {
        (int[] low, int[] high, float[] part) = (new int[size * factor], new int[size * factor], new float[size * factor]);
        for (int i = 0; i < part.Length; i++)
        {
            double at = Math.Max(0, ((i + 0.5) / factor) - 0.5);
            low[i] = (int)at;
            high[i] = Math.Min(low[i] + 1, size - 1);
            part[i] = (float)(at - low[i]);
        }

        return (low, high, part);
    }
}
