using System.Collections.Immutable;

namespace Hummingbird.Vulkan.Engine.Evaluation;

/// <summary>Measures of any clip without a reference, in the spirit of VBench's temporal dimensions, but without learned parts.</summary>
/// <param name="Steadiness">VBench's temporal flickering: 1 minus the mean difference of neighbouring frames, in parts of full scale. 1 = no flicker.</param>
/// <param name="Smoothness">Motion smoothness: 1 minus the mean error of each frame against the motion-compensated mean of its neighbours. 1 = smooth.</param>
/// <param name="Dynamics">Dynamic degree: mean length of the longest twentieth of the motion vectors, in parts of the height per frame.</param>
/// <param name="SubjectConsistency">Cosine of the colour histograms of what differs from the border colour, with the first and the previous frame. 1 = the same.</param>
/// <param name="BackgroundConsistency">Likewise of the rest.</param>
public sealed record ClipMeasures(double Steadiness, double Smoothness, double Dynamics, double SubjectConsistency, double BackgroundConsistency)
{
    private const int WorkingHeight = 128, Block = 8, Reach = 6, Levels = 8;
    private const float FarFromBorder = 40;

    // Along an edge many displacements fit equally well: the shortest is the one that can be told.
    private static readonly ImmutableArray<(int X, int Y)> ShortestFirst =
    [
        .. Enumerable.Range(0, ((2 * Reach) + 1) * ((2 * Reach) + 1)).Select(i => (X: (i % ((2 * Reach) + 1)) - Reach, Y: (i / ((2 * Reach) + 1)) - Reach)).OrderBy(v => (v.X * v.X) + (v.Y * v.Y)),
    ];

    /// <summary>Larger clips are reduced to a height of 128 to 255 pixels first.</summary>
    public static ClipMeasures Of(Clip clip)
    {
        Clip small = Reduce(clip, Math.Max(1, clip.Height / WorkingHeight));
        (double smoothness, double dynamics) = MotionOf(small);
        (double subject, double background) = ConsistencyOf(small);
        double flicker = Enumerable.Range(1, small.Count - 1).Select(t => Difference(small.Frame(t - 1), small.Frame(t))).DefaultIfEmpty(0).Average();
        return new(1 - flicker, smoothness, dynamics, subject, background);
    }

    private static double Difference(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        long sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            sum += Math.Abs(a[i] - b[i]);
        }

        return sum / (255.0 * a.Length);
    }

    /// <summary>For each block the symmetric displacement v with which f[t-1](x - v) and f[t+1](x + v) agree best.</summary>
    private static (double Smoothness, double Dynamics) MotionOf(Clip clip)
    {
        double error = 0;
        long values = 0;
        List<double> lengths = [];
        for (int t = 1; t < clip.Count - 1; t++)
        {
            for (int y = 0; y + Block <= clip.Height; y += Block)
            {
                for (int x = 0; x + Block <= clip.Width; x += Block)
                {
                    (int dx, int dy) = BestMatch(clip, t, x, y);
                    error += Compare(clip, t, x, y, dx, dy, int.MaxValue, withMiddle: true) / 2.0;
                    values += Block * Block * 3;
                    lengths.Add(Math.Sqrt((dx * dx) + (dy * dy)) / clip.Height);
                }
            }
        }

        if (values == 0)
        {
            return (1, 0);
        }

        lengths.Sort();
        return (1 - (error / (255.0 * values)), lengths.TakeLast(Math.Max(1, lengths.Count / 20)).Average());
    }

    private static (int X, int Y) BestMatch(Clip clip, int t, int x, int y)
    {
        (int X, int Y) best = (0, 0);
        int least = int.MaxValue;
        foreach ((int dx, int dy) in ShortestFirst)
        {
            bool isInside = Math.Min(x - Math.Abs(dx), y - Math.Abs(dy)) >= 0 && x + Block + Math.Abs(dx) <= clip.Width && y + Block + Math.Abs(dy) <= clip.Height;
            int cost = isInside ? Compare(clip, t, x, y, dx, dy, least, withMiddle: false) : int.MaxValue;
            if (cost < least)
            {
                (least, best) = (cost, (dx, dy));
            }

            if (least == 0)
            {
                break;
            }
        }

        return best;
    }

    /// <summary>Sum of |f[t-1] - f[t+1]| along the displacement, or of |2 f[t] - f[t-1] - f[t+1]|; stops above <paramref name="limit"/>.</summary>
    private static int Compare(Clip clip, int t, int x, int y, int dx, int dy, int limit, bool withMiddle)
    {
        ReadOnlySpan<byte> before = clip.Frame(t - 1), now = clip.Frame(t), after = clip.Frame(t + 1);
        int sum = 0, row = clip.Width * 3;
        for (int i = 0; i < Block && sum < limit; i++)
        {
            int b = ((y + i - dy) * row) + ((x - dx) * 3), a = ((y + i + dy) * row) + ((x + dx) * 3), n = ((y + i) * row) + (x * 3);
            for (int j = 0; j < Block * 3; j++)
            {
                sum += withMiddle ? Math.Abs((2 * now[n + j]) - before[b + j] - after[a + j]) : Math.Abs(before[b + j] - after[a + j]);
            }
        }

        return sum;
    }

    private static (double Subject, double Background) ConsistencyOf(Clip clip)
    {
        Rgb border = clip.BorderColour(Math.Max(1, clip.Height / 64));
        double[][] subject = [.. Enumerable.Range(0, clip.Count).Select(t => Histogram(clip, t, border, isSubject: true))];
        double[][] background = [.. Enumerable.Range(0, clip.Count).Select(t => Histogram(clip, t, border, isSubject: false))];
        return (Consistency(subject), Consistency(background));
    }

    /// <summary>VBench's mean over the frames of the similarity with the first and with the previous one.</summary>
    private static double Consistency(double[][] histograms) =>
        Enumerable.Range(1, histograms.Length - 1).Select(t => (Cosine(histograms[0], histograms[t]) + Cosine(histograms[t - 1], histograms[t])) / 2).DefaultIfEmpty(1).Average();

    private static double[] Histogram(Clip clip, int frame, Rgb border, bool isSubject)
    {
        double[] counts = new double[Levels * Levels * Levels];
        for (int p = 0; p < clip.Pixels; p++)
        {
            Rgb c = clip.At(frame, p);
            if (Rgb.SquaredDistance(c, border) > FarFromBorder * FarFromBorder == isSubject)
            {
                counts[(((int)c.R / 32 * Levels) + ((int)c.G / 32)) * Levels + ((int)c.B / 32)]++;
            }
        }

        return counts;
    }

    /// <summary>Two empty histograms agree, an empty and a full one do not.</summary>
    private static double Cosine(double[] a, double[] b)
    {
        double product = 0, ofA = 0, ofB = 0;
        for (int i = 0; i < a.Length; i++)
        {
            (product, ofA, ofB) = (product + (a[i] * b[i]), ofA + (a[i] * a[i]), ofB + (b[i] * b[i]));
        }

        return ofA == 0 && ofB == 0 ? 1 : ofA == 0 || ofB == 0 ? 0 : product / Math.Sqrt(ofA * ofB);
    }

    private static Clip Reduce(Clip clip, int factor)
    {
        int width = clip.Width / factor, height = clip.Height / factor;
        if (factor == 1 || width == 0)
        {
            return clip;
        }

        return new(Enumerable.Range(0, clip.Count).Select(t => Reduce(clip.Frame(t), clip.Width, width, height, factor)), width, height);
    }

    private static byte[] Reduce(ReadOnlySpan<byte> frame, int sourceWidth, int width, int height, int factor)
    {
        byte[] result = new byte[width * height * 3];
        for (int i = 0; i < result.Length; i++)
        {
            (int x, int y, int c) = (i / 3 % width * factor, i / 3 / width * factor, i % 3);
            int sum = 0;
            for (int k = 0; k < factor * factor; k++)
            {
                sum += frame[(((y + (k / factor)) * sourceWidth) + x + (k % factor)) * 3 + c];
            }

            result[i] = (byte)(sum / (factor * factor));
        }

        return result;
    }
}
