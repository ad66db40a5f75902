using System.Collections.Immutable;

namespace Hummingbird.Vulkan.Engine.Evaluation;

/// <summary>Reads a scene of the embedded model's grammar off the pixels of a clip; nothing in it is learned.</summary>
/// <remarks>
/// Background: the usual border colour. Objects: <see cref="ObjectMap"/>. Shape: the template that overlaps best at equal area
/// and centroid. Motion: straight-line fits of centroid and radius over time; a bounce is much way for little progress. Size: mean
/// radius. Layout: the axis on which the centroids of two objects lie further apart.
/// </remarks>
public static class SceneJudge
{
    // In parts of the frame's height; a growing object gains more than a third, whatever its size.
    private const double Moves = 10.0 / 128, Rests = 8.0 / 128, BouncesFor = 24.0 / 128, Grows = 0.3;

    /// <summary>What the clip shows; members are null where nothing can be told.</summary>
    public static Scene Look(Clip clip)
    {
        ObjectMap map = new(clip);
        string background = SceneWords.Nearest(SceneWords.Backgrounds, map.Background);
        var found = map.Objects.Select(c => (Colour: ObjectMap.NameOf(c), Track: ObjectTrack.Follow(clip, map, c))).ToArray();
        string? layout = found.Length == 1 ? "single" : null;
        if (found.Length == 2)
        {
            double across = found[1].Track.X.Average() - found[0].Track.X.Average();
            double down = found[1].Track.Y.Average() - found[0].Track.Y.Average();
            layout = Math.Abs(across) > Math.Abs(down) ? "row" : "column";
            if ((layout == "row" ? across : down) < 0)
            {
                Array.Reverse(found);
            }
        }

        return new(layout, background, [.. found.Select(f => Describe(f.Colour, f.Track, clip, found.Length))]);
    }

    /// <summary>For every attribute of <paramref name="wanted"/> whether the clip has it.</summary>
    public static SceneScore Score(Clip clip, Scene wanted)
    {
        Scene seen = Look(clip);
        bool Each(Func<SceneObject, string?> attribute) =>
            seen.Objects.Length == wanted.Objects.Length && wanted.Objects.Zip(seen.Objects).All(pair => attribute(pair.First) == attribute(pair.Second));
        return new(
            seen.Objects.Length == wanted.Objects.Length, seen.Layout == wanted.Layout, seen.Background == wanted.Background,
            Each(o => o.Colour), Each(o => o.Shape), Each(o => o.Size), Each(o => o.Motion), seen);
    }

    private static SceneObject Describe(string colour, ObjectTrack track, Clip clip, int objects)
    {
        if (track.Area.Min() < clip.Pixels / 1200.0)
        {
            return new(null, colour, null, null);
        }

        ShapeTemplate shape = ShapeTemplate.All.MaxBy(s => Overlap(track, s, clip.Width))!;
        double[] radius = [.. track.Area.Select(a => Math.Sqrt(a / shape.AreaOfUnit))];
        string size = radius.Average() < SceneWords.SizeLimit(objects) * clip.Height ? "small" : "big";
        return new(shape.Name, colour, size, Motion(track, radius, clip.Height));
    }

    /// <summary>Median over the frames, which forgives a few where another object is in front, of intersection over union of what
    /// is covered and the template.</summary>
    private static double Overlap(ObjectTrack track, ShapeTemplate shape, int width)
    {
        double[] overlaps = [.. Enumerable.Range(0, track.Area.Length).Select(t => Overlap(track, t, shape, width)).Order()];
        return (overlaps[overlaps.Length / 2] + overlaps[(overlaps.Length - 1) / 2]) / 2;
    }

    private static double Overlap(ObjectTrack track, int t, ShapeTemplate shape, int width)
    {
        double r = Math.Sqrt(track.Area[t] / shape.AreaOfUnit);
        double x = track.X[t] - (shape.CentroidX * r), y = track.Y[t] - (shape.CentroidY * r), reach = (1.3 * r) + 2;
        double both = 0, either = 0;
        float[] a = track.Coverage[t];
        for (int p = 0; p < a.Length; p++)
        {
            double dx = (p % width) - x, dy = (p / width) - y;
            double b = Math.Abs(dx) > reach || Math.Abs(dy) > reach ? 0 : shape.Coverage(dx, dy, r);
            (both, either) = (both + Math.Min(a[p], b), either + Math.Max(a[p], b));
        }

        return both / either;
    }

    private static string? Motion(ObjectTrack track, double[] radius, int height)
    {
        double dx = Progress(track.X) / height, dy = Progress(track.Y) / height, growth = Progress(radius) / radius.Average();
        double way = track.Y.Zip(track.Y.Skip(1), (a, b) => Math.Abs(b - a)).Sum() / height;
        double extent = Math.Max(track.X.Max() - track.X.Min(), track.Y.Max() - track.Y.Min()) / height;
        return Math.Abs(growth) > Grows ? (growth > 0 ? "growing" : "shrinking")
            : way > BouncesFor && Math.Abs(dy) < 0.45 * way ? "bouncing"
            : Math.Abs(dx) > Math.Max(Moves, Math.Abs(dy)) ? (dx > 0 ? "right" : "left")
            : Math.Abs(dy) > Moves ? (dy > 0 ? "down" : "up")
            : extent < Rests ? "still" : null;
    }

    /// <summary>Least-squares change over the clip.</summary>
    private static double Progress(double[] values)
    {
        double mean = values.Average(), product = 0, square = 0;
        for (int i = 0; i < values.Length; i++)
        {
            double u = values.Length == 1 ? 0 : ((double)i / (values.Length - 1)) - 0.5;
            (product, square) = (product + (u * (values[i] - mean)), square + (u * u));
        }

        return square == 0 ? 0 : product / square;
    }
}

/// <summary>What of a scene a clip got right; of two objects both must be.</summary>
/// <param name="Seen">What the judge saw.</param>
public sealed record SceneScore(bool Count, bool Layout, bool Background, bool Colour, bool Shape, bool Size, bool Motion, Scene Seen)
{
    public bool All => Count && Layout && Background && Colour && Shape && Size && Motion;
}
