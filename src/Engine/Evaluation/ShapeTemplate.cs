using System.Collections.Immutable;

namespace Hummingbird.Vulkan.Engine.Evaluation;

/// <summary>A shape of the grammar as an area: what it covers, how large that is, and where its centroid lies.</summary>
public sealed class ShapeTemplate
{
    private const double Reference = 64;

    private ShapeTemplate(string name)
    {
        Name = name;
        int side = (int)(Reference * 2.8);
        double sum = 0, sumX = 0, sumY = 0;
        for (int y = -side / 2; y <= side / 2; y++)
        {
            for (int x = -side / 2; x <= side / 2; x++)
            {
                double a = Coverage(x, y, Reference);
                (sum, sumX, sumY) = (sum + a, sumX + (a * x), sumY + (a * y));
            }
        }

        (AreaOfUnit, CentroidX, CentroidY) = (sum / (Reference * Reference), sumX / sum / Reference, sumY / sum / Reference);
    }

    public static ImmutableArray<ShapeTemplate> All { get; } = [.. SceneWords.Shapes.Select(s => new ShapeTemplate(s))];

    public string Name { get; }

    /// <summary>Area at radius 1.</summary>
    public double AreaOfUnit { get; }

    /// <summary>Centroid relative to the centre, at radius 1.</summary>
    public double CentroidX { get; }

    public double CentroidY { get; }

    /// <summary>How much of the pixel at (x, y), relative to the centre, the shape of radius <paramref name="r"/> covers: 0 to 1.</summary>
    public double Coverage(double x, double y, double r) => Math.Clamp(0.5 - SignedDistance(x, y, r), 0, 1);

    /// <summary>Negative inside; y points down. Exact near the outline, which is all that coverage needs.</summary>
    private double SignedDistance(double x, double y, double r) => Name switch
    {
        "circle" => Math.Sqrt((x * x) + (y * y)) - r,
        "square" => Math.Max(Math.Abs(x), Math.Abs(y)) - (0.87 * r),
        "triangle" => Math.Max(y - (0.62 * r), (Math.Abs(x) * 0.8660254) - (y * 0.5) - (0.62 * r)),
        "star" => Star(x, y, r),
        "ring" => Math.Abs(Math.Sqrt((x * x) + (y * y)) - (0.78 * r)) - (0.24 * r),
        _ => Math.Min(
            Math.Max(Math.Abs(x) - (1.05 * r), Math.Abs(y) - (0.36 * r)), Math.Max(Math.Abs(x) - (0.36 * r), Math.Abs(y) - (1.05 * r))),
    };

    /// <summary>Five points: every tenth of the circle is the same half of a point, mirrored.</summary>
    private static double Star(double x, double y, double r)
    {
        double outer = 1.25 * r, inner = 0.55 * r, k = Math.PI / 5;
        double turned = (Math.Atan2(x, -y) + k) % (2 * k);
        double angle = Math.Abs((turned < 0 ? turned + (2 * k) : turned) - k);
        double d = Math.Sqrt((x * x) + (y * y));
        double edgeX = inner * Math.Sin(k), edgeY = (inner * Math.Cos(k)) - outer;
        return ((edgeX * ((d * Math.Cos(angle)) - outer)) - (edgeY * d * Math.Sin(angle))) / Math.Sqrt((edgeX * edgeX) + (edgeY * edgeY));
    }
}
