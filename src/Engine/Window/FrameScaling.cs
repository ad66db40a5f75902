namespace Hummingbird.Vulkan.Engine.Window;

/// <summary>Frames at the size of a window.</summary>
public static class FrameScaling
{
    /// <summary>Fits a frame into an area, centred on black, with bilinear interpolation and its proportions kept.</summary>
    /// <param name="rgb">RGB8 [height, width, 3].</param>
    /// <param name="target">Four bytes a pixel, [targetHeight, targetWidth, 4].</param>
    /// <param name="isBlueFirst">BGRA instead of RGBA.</param>
    public static void Fit(ReadOnlySpan<byte> rgb, int width, int height, Span<byte> target, int targetWidth, int targetHeight, bool isBlueFirst)
    {
        double scale = Math.Min(targetWidth / (double)width, targetHeight / (double)height);
        (int shownWidth, int shownHeight) = (Math.Max(1, (int)(width * scale)), Math.Max(1, (int)(height * scale)));
        (int left, int top) = ((targetWidth - shownWidth) / 2, (targetHeight - shownHeight) / 2);
        (int red, int blue) = isBlueFirst ? (2, 0) : (0, 2);
        target.Clear();
        for (int y = 0; y < shownHeight; y++)
        {
            (int y0, int y1, float fy) = Between(y, shownHeight, height);
            for (int x = 0; x < shownWidth; x++)
            {
                (int x0, int x1, float fx) = Between(x, shownWidth, width);
                Span<byte> pixel = target.Slice((((top + y) * targetWidth) + left + x) * 4, 4);
                for (int c = 0; c < 3; c++)
                {
                    float upper = float.Lerp(rgb[(((y0 * width) + x0) * 3) + c], rgb[(((y0 * width) + x1) * 3) + c], fx);
                    float lower = float.Lerp(rgb[(((y1 * width) + x0) * 3) + c], rgb[(((y1 * width) + x1) * 3) + c], fx);
                    pixel[c == 0 ? red : c == 2 ? blue : 1] = (byte)MathF.Round(float.Lerp(upper, lower, fy));
                }

                pixel[3] = byte.MaxValue;
            }
        }
    }

    /// <summary>The two source lines around the centre of a target line, and where between them it lies.</summary>
    private static (int First, int Second, float Fraction) Between(int position, int shown, int source)
    {
        float at = Math.Clamp(((position + 0.5f) * source / shown) - 0.5f, 0, source - 1);
        int first = (int)at;
        return (first, Math.Min(first + 1, source - 1), at - first);
    }
}
