using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Evaluation;
using Hummingbird.Vulkan.Engine.Random;

namespace Hummingbird.Vulkan.Engine.Tests.Evaluation;

/// <summary>Ground truth for the judge: scenes of the training set's grammar, painted with its positions, sizes and travels.</summary>
internal sealed class PaintedScenes(long seed)
{
    private const int Side = 128, Frames = 16;

    private readonly TorchGenerator generator = new(seed);

    public Scene Draw(int objects)
    {
        string[] colours = [.. SceneWords.Colours.Keys.Order()], backgrounds = [.. SceneWords.Backgrounds.Keys.Order()];
        string layout = objects == 1 ? "single" : Pick("row", "column"), background = Pick(backgrounds);
        string first = Pick([.. colours.Where(c => c != background)]), second = Pick([.. colours.Where(c => c != background && c != first)]);
        return new(layout, background, [.. new[] { first, second }.Take(objects).Select(c =>
            new SceneObject(Pick([.. SceneWords.Shapes]), c, Pick("small", "big"), Pick([.. SceneWords.Motions])))]);
    }

    /// <param name="blur">Pixels by which outlines are softened, as an auto-encoder does.</param>
    public Clip Paint(Scene scene, double blur = 1)
    {
        byte[][] frames = [.. Enumerable.Range(0, Frames).Select(_ => new byte[Side * Side * 3])];
        Rgb background = SceneWords.Backgrounds[scene.Background!];
        foreach (byte[] frame in frames)
        {
            for (int i = 0; i < frame.Length; i += 3)
            {
                (frame[i], frame[i + 1], frame[i + 2]) = ((byte)background.R, (byte)background.G, (byte)background.B);
            }
        }

        for (int k = 0; k < scene.Objects.Length; k++)
        {
            ShapeTemplate shape = ShapeTemplate.All.Single(s => s.Name == scene.Objects[k].Shape);
            (double X, double Y, double R)[] track = Track(scene, k);
            for (int t = 0; t < Frames; t++)
            {
                Paint(frames[t], shape, SceneWords.Colours[scene.Objects[k].Colour!], track[t], blur);
            }
        }

        return new(frames, Side, Side);
    }

    private static void Paint(byte[] frame, ShapeTemplate shape, Rgb colour, (double X, double Y, double R) at, double blur)
    {
        for (int p = 0; p < Side * Side; p++)
        {
            // Distances in units of the blur, so that the ramp at the outline is as wide as that.
            double a = shape.Coverage(((p % Side) - at.X) / blur, ((p / Side) - at.Y) / blur, at.R / blur);
            Span<byte> pixel = frame.AsSpan(p * 3, 3);
            pixel[0] += (byte)Math.Round(a * (colour.R - pixel[0]));
            pixel[1] += (byte)Math.Round(a * (colour.G - pixel[1]));
            pixel[2] += (byte)Math.Round(a * (colour.B - pixel[2]));
        }
    }

    private (double X, double Y, double R)[] Track(Scene scene, int index)
    {
        SceneObject thing = scene.Objects[index];
        bool single = scene.Objects.Length == 1, row = scene.Layout == "row";
        double r = (single ? (thing.Size == "small" ? 17 : 30) : thing.Size == "small" ? 14.5 : 22) * (1 + Jitter(0.05));
        double x = 63.5 + Jitter(single ? 6 : 4), y = 63.5 + Jitter(single ? 6 : 4);
        double travelX = (single ? 52 : 44) + Jitter(4), travelY = (single ? 52 : 44) + Jitter(4), height = single ? 48 : 40, low = single ? 0.5 : 0.65;
        if (!single)
        {
            double place = (index == 0 ? 34 : 93) + Jitter(3), shortWay = 22 + Jitter(2);
            (x, y) = row ? (place, y) : (x, place);
            (travelX, travelY, height) = row ? (shortWay, travelY, 40) : (travelX, shortWay, 24);
        }

        double phase = Jitter(0.25);
        return [.. Enumerable.Range(0, Frames).Select(t => (T: t, U: t / (Frames - 1.0))).Select(f => thing.Motion switch
        {
            "left" => (x - (travelX * (f.U - 0.5)), y, r),
            "right" => (x + (travelX * (f.U - 0.5)), y, r),
            "up" => (x, y - (travelY * (f.U - 0.5)), r),
            "down" => (x, y + (travelY * (f.U - 0.5)), r),
            "growing" => (x, y, r * (low + ((1.35 - low) * f.U))),
            "shrinking" => (x, y, r * (1.35 - ((1.35 - low) * f.U))),
            "bouncing" => (x, y + (height / 2) - (height * Math.Abs(Math.Sin((Math.PI * f.T / 8) + phase))), r),
            _ => (x, y, r),
        })];
    }

    private double Jitter(double most) => ((2 * Unit()) - 1) * most;

    private string Pick(params string[] words) => words[Math.Min(words.Length - 1, (int)(Unit() * words.Length))];

    /// <summary>0 to 1: an even enough share of the normal distribution, by the logistic approximation of its integral.</summary>
    private double Unit() => 1 / (1 + Math.Exp(-1.702 * generator.Randn(1)[0]));
}
