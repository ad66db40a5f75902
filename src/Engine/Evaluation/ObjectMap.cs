using System.Collections.Immutable;

namespace Hummingbird.Vulkan.Engine.Evaluation;

/// <summary>Which pixel of a clip belongs to which object: objects differ in colour.</summary>
/// <remarks>A pixel far from the background takes the nearest named colour. Blends along outlines look like other colours, but
/// are too thin to have an inside: only pixels whose neighbours agree count towards there being an object.</remarks>
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
        labels = [.. Enumerable.Range(0, clip.Count).Select(t => Label(clip, t))];
        Objects = FindObjects();
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

    private ImmutableArray<int> FindObjects()
    {
        double[] mean = new double[Values.Length];
        int[] seen = new int[Values.Length];
        double least = width * height / 800.0;
        foreach (byte[] frame in labels)
        {
            int[] inside = CountInside(frame);
            for (int c = 0; c < mean.Length; c++)
            {
                mean[c] += (double)inside[c] / labels.Length;
                seen[c] += inside[c] > least / 4 ? 1 : 0;
            }
        }

        double largest = mean.Max();
        return [.. Enumerable.Range(0, mean.Length).Where(c => mean[c] > Math.Max(least, largest / 14) && seen[c] * 4 >= labels.Length * 3)
            .OrderByDescending(c => mean[c])];
    }

    /// <summary>Per colour, pixels whose eight neighbours have the same one.</summary>
    private int[] CountInside(byte[] frame)
    {
        int[] count = new int[Values.Length];
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

                count[c == None ? 0 : c] += inside ? 1 : 0;
            }
        }

        return count;
    }
}
