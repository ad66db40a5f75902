using System.Collections.Immutable;

namespace Hummingbird.Vulkan.Engine.Evaluation;

/// <summary>One object of a clip, frame by frame: how much of each pixel it covers, its area and its centroid.</summary>
internal sealed class ObjectTrack
{
    private const float LeastCoverage = 0.25f;

    private ObjectTrack(ImmutableArray<float[]> coverage, int width)
    {
        Coverage = coverage;
        Area = [.. coverage.Select(a => (double)a.Sum())];
        X = [.. coverage.Select((a, t) => Mean(a, p => p % width) / Math.Max(Area[t], 1e-9))];
        Y = [.. coverage.Select((a, t) => Mean(a, p => p / width) / Math.Max(Area[t], 1e-9))];
    }

    public ImmutableArray<float[]> Coverage { get; }

    /// <summary>Pixels.</summary>
    public double[] Area { get; }

    public double[] X { get; }

    public double[] Y { get; }

    /// <summary>Coverage is the place of a pixel on the line from background to object colour, near the object's own pixels.</summary>
    public static ObjectTrack Follow(Clip clip, ObjectMap map, int colour)
    {
        Rgb axis = map.ColourOf(colour) - map.Background;
        float length = Rgb.Dot(axis, axis);
        return new([.. Enumerable.Range(0, clip.Count).Select(t =>
        {
            bool[] near = map.Near(t, colour, reach: 1 + (clip.Height / 42));
            float[] a = new float[clip.Pixels];
            for (int p = 0; p < a.Length; p++)
            {
                float along = near[p] ? Rgb.Dot(clip.At(t, p) - map.Background, axis) / length : 0;
                a[p] = along < LeastCoverage ? 0 : Math.Min(along, 1);
            }

            return a;
        })], clip.Width);
    }

    private static double Mean(float[] a, Func<int, int> place)
    {
        double sum = 0;
        for (int p = 0; p < a.Length; p++)
        {
            sum += a[p] == 0 ? 0 : a[p] * place(p);
        }

        return sum;
    }
}
