using System.Collections.Immutable;

namespace Hummingbird.Vulkan.Engine.Evaluation;

/// <summary>Which pixel of a clip belongs to which object: objects differ in colour.</summary>
/// <remarks>A pixel far from the background takes the nearest named colour. Blends along outlines look like other colours, but
/// are too thin to have an inside, a pixel whose eight neighbours agree: only an inside and what touches it are kept.</remarks>
internal sealed class ObjectMap
{
    private const float FarFromBackground = 40;
    private const byte None = 255;

    private static readonly ImmutableArray<string> Names = [.. SceneWords.Colours.Keys.Order()];
    private static readonly ImmutableArray<Rgb> Values = [.. Names.Select(n => SceneWords.Colours[n])];

    private readonly byte[][] labels;
    private readonly int width, height;

    public ObjectMap(Clip clip)
    {
        (width, height) = (clip.Width, clip.Height);
        Background = clip.BorderColour(Math.Max(1, clip.Height / 64));
        byte[][] raw = [.. Enumerable.Range(0, clip.Count).Select(t => Label(clip, t))];
        bool[][] inside = [.. raw.Select(Inside)];
        labels = [.. raw.Zip(inside, KeepSolid)];
        Objects = FindObjects(inside);
    }

    public Rgb Background { get; }

    /// <summary>Colours, as indices, that have an inside in nearly every frame; the largest first.</summary>
    public ImmutableArray<int> Objects { get; }

    public static string NameOf(int colour) => Names[colour];

    public Rgb ColourOf(int colour) => Values[colour];

    /// <summary>Pixels at most <paramref name="reach"/> rows and columns from one of the object's, and not another object's.</summary>
    public bool[] Near(int frame, int colour, int reach)
    {
        byte[] own = labels[frame];
        bool[] across = new bool[own.Length], near = new bool[own.Length];
        for (int p = 0; p < own.Length; p++)
        {
            if (own[p] == colour)
            {
                int row = p / width * width;
                Array.Fill(across, true, Math.Max(row, p - reach), Math.Min(row + width, p + reach + 1) - Math.Max(row, p - reach));
            }
        }

        for (int p = 0; p < own.Length; p++)
        {
            bool others = own[p] != colour && own[p] != None && Objects.Contains(own[p]);
            for (int y = Math.Max(0, (p / width) - reach); !others && !near[p] && y <= Math.Min(height - 1, (p / width) + reach); y++)
            {
                near[p] = across[(y * width) + (p % width)];
            }
        }

        return near;
    }

    private byte[] Label(Clip clip, int frame)
    {
        byte[] result = new byte[clip.Pixels];
        for (int p = 0; p < result.Length; p++)
        {
            Rgb colour = clip.At(frame, p);
            result[p] = None;
            float best = Rgb.SquaredDistance(colour, Background);
            if (best < FarFromBackground * FarFromBackground)
            {
                continue;
            }

            for (int c = 0; c < Values.Length; c++)
            {
                float distance = Rgb.SquaredDistance(colour, Values[c]);
                if (distance < best)
                {
                    (best, result[p]) = (distance, (byte)c);
                }
            }
        }

        return result;
    }

    private ImmutableArray<int> FindObjects(bool[][] inside)
    {
        double[] mean = new double[Values.Length];
        int[] seen = new int[Values.Length];
        double least = width * height / 800.0;
        for (int t = 0; t < labels.Length; t++)
        {
            int[] count = new int[Values.Length];
            for (int p = 0; p < inside[t].Length; p++)
            {
                count[inside[t][p] ? labels[t][p] : 0] += inside[t][p] ? 1 : 0;
            }

            for (int c = 0; c < mean.Length; c++)
            {
                mean[c] += (double)count[c] / labels.Length;
                seen[c] += count[c] > least / 4 ? 1 : 0;
            }
        }

        double largest = mean.Max();
        return [.. Enumerable.Range(0, mean.Length).Where(c => mean[c] > Math.Max(least, largest / 14) && seen[c] * 4 >= labels.Length * 3)
            .OrderByDescending(c => mean[c])];
    }

    /// <summary>Pixels whose eight neighbours have the same colour.</summary>
    private bool[] Inside(byte[] frame)
    {
        bool[] result = new bool[frame.Length];
        for (int y = 1; y < height - 1; y++)
        {
            for (int x = 1; x < width - 1; x++)
            {
                byte c = frame[(y * width) + x];
                bool inside = c != None;
                for (int dy = -1; inside && dy <= 1; dy++)
                {
                    int row = ((y + dy) * width) + x;
                    inside = frame[row - 1] == c && frame[row] == c && frame[row + 1] == c;
                }

                result[(y * width) + x] = inside;
            }
        }

        return result;
    }

    /// <summary>Labels without what touches no inside of its colour.</summary>
    private byte[] KeepSolid(byte[] frame, bool[] inside)
    {
        byte[] result = new byte[frame.Length];
        Array.Fill(result, None);
        for (int p = 0; p < frame.Length; p++)
        {
            if (inside[p])
            {
                for (int y = -1; y <= 1; y++)
                {
                    Array.Fill(result, frame[p], p + (y * width) - 1, 3);
                }
            }
        }

        return result;
    }
}
