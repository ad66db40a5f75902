using System.Globalization;
using System.Text;

namespace Hummingbird.Vulkan.Bench.Kernels;

/// <summary>The roofline as SVG: FLOPs per byte against FLOP/s, both logarithmic.</summary>
internal static class RooflinePlot
{
    private const double Width = 960, Height = 440, Left = 76, Right = 18, Top = 14, Bottom = 48;

    public static string Svg(KernelReport report)
    {
        RowResult[] rows = [.. report.Rows.Where(r => r.Seconds is not null && r.Row.Cost.Flops > 0)];
        Roofline roof = report.Roof;
        Axis x = Axis.Over([roof.Ridge / 4, roof.Ridge * 4, .. rows.Select(Intensity)], Left, Width - Right);
        Axis y = Axis.Over([roof.FlopsPerSecond * 1e-9, roof.FlopsPerSecond * 1.2e-9, .. rows.Select(r => r.FlopsPerSecond!.Value * 1e-9)], Height - Bottom, Top);
        StringBuilder svg = new();
        svg.Append(CultureInfo.InvariantCulture, $"<svg class=\"plot\" viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"Roofline of {rows.Length} rows\">\n");
        Grid(svg, x, y);
        Roof(svg, roof, x, y);
        foreach (RowResult row in rows)
        {
            string label = KernelHtml.Text(string.Create(CultureInfo.InvariantCulture, $"{row.Row.Id}\n{KernelHtml.Number(row.FlopsPerSecond!.Value * 1e-9)} GFLOP/s, {100 * row.RoofFraction(roof):0} % of the roof"));
            svg.Append(CultureInfo.InvariantCulture, $"<circle class=\"c{KernelHtml.Colour(report, row.Row.Case.Kernel.Name)}\" cx=\"{x.At(Intensity(row)):0.#}\" cy=\"{y.At(row.FlopsPerSecond!.Value * 1e-9):0.#}\" r=\"{(row.Row.Uses.Length > 0 || row.Row.Goal is not null ? 5 : 3.5)}\"><title>{label}</title></circle>\n");
        }

        svg.Append("</svg>\n<p class=\"legend\">");
        foreach (string kernel in rows.Select(r => r.Row.Case.Kernel.Name).Distinct().Order(StringComparer.Ordinal))
        {
            svg.Append(CultureInfo.InvariantCulture, $"<span><i class=\"c{KernelHtml.Colour(report, kernel)}\"></i>{KernelHtml.Text(kernel)}</span>");
        }

        return svg.Append("</p>\n").ToString();
    }

    private static double Intensity(RowResult row) => row.Row.Cost.Flops / row.Row.Cost.Bytes;

    private static void Grid(StringBuilder svg, Axis x, Axis y)
    {
        foreach (double tick in x.Ticks())
        {
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"grid\" x1=\"{x.At(tick):0.#}\" x2=\"{x.At(tick):0.#}\" y1=\"{Top}\" y2=\"{Height - Bottom}\"/><text x=\"{x.At(tick):0.#}\" y=\"{Height - Bottom + 18}\" text-anchor=\"middle\">{Tick(tick)}</text>\n");
        }

        foreach (double tick in y.Ticks())
        {
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{y.At(tick):0.#}\" y2=\"{y.At(tick):0.#}\"/><text x=\"{Left - 8}\" y=\"{y.At(tick) + 4:0.#}\" text-anchor=\"end\">{Tick(tick)}</text>\n");
        }

        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"axis\" x=\"{(Left + Width - Right) / 2}\" y=\"{Height - 8}\" text-anchor=\"middle\">FLOP per byte</text><text class=\"axis\" transform=\"translate(16 {(Top + Height - Bottom) / 2}) rotate(-90)\" text-anchor=\"middle\">GFLOP/s</text>\n");
    }

    private static void Roof(StringBuilder svg, Roofline roof, Axis x, Axis y)
    {
        // The slope starts at the plot's left or bottom edge, whichever it meets first.
        double from = Math.Max(x.Low, y.Low * 1e9 / roof.BytesPerSecond), peak = roof.FlopsPerSecond * 1e-9;
        svg.Append(CultureInfo.InvariantCulture, $"<polyline class=\"roof\" points=\"{x.At(from):0.#},{y.At(from * roof.BytesPerSecond * 1e-9):0.#} {x.At(roof.Ridge):0.#},{y.At(peak):0.#} {x.At(x.High):0.#},{y.At(peak):0.#}\"/>\n");
    }

    private static string Tick(double value) => value >= 0.001 ? value.ToString("#,0.###", CultureInfo.InvariantCulture) : value.ToString("0e+0", CultureInfo.InvariantCulture);

    /// <summary>Whole decades between two edges of the plot.</summary>
    private readonly record struct Axis(double Low, double High, double From, double To)
    {
        public static Axis Over(double[] values, double from, double to)
            => new(Math.Pow(10, Math.Floor(Math.Log10(values.Min()))), Math.Pow(10, Math.Ceiling(Math.Log10(values.Max()))), from, to);

        public double At(double value) => From + ((To - From) * Math.Log10(value / Low) / Math.Log10(High / Low));

        public IEnumerable<double> Ticks()
        {
            for (double tick = Low; tick <= High * 1.001; tick *= 10)
            {
                yield return tick;
            }
        }
    }
}
