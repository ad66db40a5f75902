namespace Hummingbird.Vulkan.Engine.Evaluation;

/// <summary>A video in memory: RGB8 frames of [H, W, 3].</summary>
public sealed class Clip
{
    private readonly byte[][] frames;

    /// <exception cref="ArgumentException">No frame, or frames of another size.</exception>
    public Clip(IEnumerable<byte[]> frames, int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        this.frames = [.. frames];
        (Width, Height) = (width, height);
        if (this.frames.Length == 0 || this.frames.Any(f => f.Length != width * height * 3))
        {
            throw new ArgumentException($"A clip needs frames of {width} x {height} x 3 bytes.", nameof(frames));
        }
    }

    public int Width { get; }

    public int Height { get; }

    public int Pixels => Width * Height;

    public int Count => frames.Length;

    public ReadOnlySpan<byte> Frame(int index) => frames[index];

    public Rgb At(int frame, int pixel)
    {
        byte[] data = frames[frame];
        return new(data[pixel * 3], data[(pixel * 3) + 1], data[(pixel * 3) + 2]);
    }

    /// <summary>The usual colour of the outermost <paramref name="band"/> pixels over all frames: the median of each channel.</summary>
    public Rgb BorderColour(int band)
    {
        var counts = new int[3, 256];
        int total = 0;
        for (int p = 0; p < Pixels; p++)
        {
            (int x, int y) = (p % Width, p / Width);
            if (Math.Min(Math.Min(x, Width - 1 - x), Math.Min(y, Height - 1 - y)) >= band)
            {
                continue;
            }

            for (int t = 0; t < Count; t++)
            {
                Rgb colour = At(t, p);
                counts[0, (int)colour.R]++;
                counts[1, (int)colour.G]++;
                counts[2, (int)colour.B]++;
                total++;
            }
        }

        return new(Median(counts, 0, total), Median(counts, 1, total), Median(counts, 2, total));
    }

    private static float Median(int[,] counts, int channel, int total)
    {
        int seen = 0, value = 0;
        while ((seen += counts[channel, value]) * 2 < total)
        {
            value++;
        }

        return value;
    }
}

/// <summary>A colour, 0 to 255 each.</summary>
public readonly record struct Rgb(float R, float G, float B)
{
    public static Rgb operator -(Rgb a, Rgb b) => new(a.R - b.R, a.G - b.G, a.B - b.B);

    public static float Dot(Rgb a, Rgb b) => (a.R * b.R) + (a.G * b.G) + (a.B * b.B);

    public static float SquaredDistance(Rgb a, Rgb b) => Dot(a - b, a - b);
}
