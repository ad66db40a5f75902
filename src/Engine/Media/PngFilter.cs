using System.IO.Compression;

namespace Hummingbird.Vulkan.Engine.Media;

/// <summary>
/// PNG's row filters and its compression. Each row takes the filter whose residuals, read as signed bytes,
/// have the smallest sum of magnitudes: the choice that the PNG specification recommends (section 12.7).
/// </summary>
internal static class PngFilter
{
    private const int FilterCount = 5;
    private const int BytesPerPixel = 3;

    /// <summary>Filters and deflates the rectangle (<paramref name="area"/>) of an RGB8 frame <c>[H, W, 3]</c>.</summary>
    public static byte[] Compress(ReadOnlySpan<byte> rgb, int width, PixelArea area)
    {
        using var deflated = new MemoryStream();
        using (var zlib = new ZLibStream(deflated, CompressionLevel.Optimal, leaveOpen: true))
        {
            int rowBytes = area.Width * BytesPerPixel;
            byte[] above = new byte[rowBytes]; // The row before the first counts as zeros.
            byte[] candidate = new byte[rowBytes + 1];
            byte[] best = new byte[rowBytes + 1];
            for (int y = area.Y; y < area.Y + area.Height; y++)
            {
                var row = rgb.Slice(((y * width) + area.X) * BytesPerPixel, rowBytes);
                long bestCost = long.MaxValue;
                for (int filter = 0; filter < FilterCount; filter++)
                {
                    candidate[0] = (byte)filter;
                    long cost = Apply(filter, row, above, candidate.AsSpan(1));
                    if (cost < bestCost)
                    {
                        bestCost = cost;
                        (best, candidate) = (candidate, best);
                    }
                }

                zlib.Write(best);
                row.CopyTo(above);
            }
        }

        return deflated.ToArray();
    }

    /// <summary>Writes a row's residuals and returns the sum of their magnitudes.</summary>
    private static long Apply(int filter, ReadOnlySpan<byte> row, ReadOnlySpan<byte> above, Span<byte> residuals)
    {
        long cost = 0;
        for (int i = 0; i < row.Length; i++)
        {
            int left = i >= BytesPerPixel ? row[i - BytesPerPixel] : 0;
            int aboveLeft = i >= BytesPerPixel ? above[i - BytesPerPixel] : 0;
            int predicted = filter switch
            {
                1 => left,
                2 => above[i],
                3 => (left + above[i]) / 2,
                4 => Paeth(left, above[i], aboveLeft),
                _ => 0,
            };
            byte residual = (byte)(row[i] - predicted);
            residuals[i] = residual;
            cost += Math.Abs((int)(sbyte)residual);
        }

        return cost;
    }

    /// <summary>Of left, above and above-left, the one nearest to left + above - above-left.</summary>
    internal static int Paeth(int left, int above, int aboveLeft)
    {
        int estimate = left + above - aboveLeft;
        int toLeft = Math.Abs(estimate - left);
        int toAbove = Math.Abs(estimate - above);
        int toAboveLeft = Math.Abs(estimate - aboveLeft);
        if (toLeft <= toAbove && toLeft <= toAboveLeft)
        {
            return left;
        }

        return toAbove <= toAboveLeft ? above : aboveLeft;
    }
}

/// <summary>A rectangle of pixels, from the top left corner.</summary>
internal readonly record struct PixelArea(int X, int Y, int Width, int Height);
