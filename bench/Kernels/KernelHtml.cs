using System.Globalization;
using System.Net;
using System.Text;
using Hummingbird.Vulkan.Engine.Device;

namespace Hummingbird.Vulkan.Bench.Kernels;

/// <summary>A report as one HTML file: roofline, bars by kernel, a table that can be sorted. No other file, no network.</summary>
public static class KernelHtml
{
    private const int LongestBars = 12;

    public static string Write(KernelReport report)
    {
        StringBuilder page = new();
        string title = $"Kernels on {report.Device.Name}";
        page.Append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\n")
            .Append(CultureInfo.InvariantCulture, $"<title>{Text(title)}</title>\n<style>\n{HtmlParts.Style}</style></head><body>\n<h1>{Text(title)}</h1>\n");
        Head(page, report);
        page.Append("<h2>Roofline</h2>\n<p class=\"note\">Each dot is one row: how much it computes per byte, and how fast. The line is what this device reached in this run with shaders that only multiply or only copy.</p>\n")
            .Append(RooflinePlot.Svg(report));
        Bars(page, report);
        Table(page, report);
        Plan(page, report.Plan);
        page.Append(CultureInfo.InvariantCulture, $"<script>\n{HtmlParts.Script}</script>\n</body></html>\n");
        return page.ToString();
    }

    internal static string Text(string text) => WebUtility.HtmlEncode(text);

    /// <summary>Which of the colours of the style a kernel has; the same in the plot and the bars.</summary>
    internal static int Colour(KernelReport report, string kernel)
        => report.Rows.Select(r => r.Row.Case.Kernel.Name).Distinct().Order(StringComparer.Ordinal).ToList().IndexOf(kernel) % HtmlParts.Colours;

    private static void Head(StringBuilder page, KernelReport report)
    {
        Roofline roof = report.Roof;
        int Count(RowStatus status) => report.Rows.Count(r => r.Status == status);
        (string Value, string Name)[] figures =
        [
            ($"{Number(roof.FlopsPerSecond * 1e-9)} GFLOP/s", "fp32 multiply-add peak"),
            ($"{Number(roof.ShaderBytesPerSecond * 1e-9)} GB/s", "copied by a shader"),
            ($"{Number(roof.CopyBytesPerSecond * 1e-9)} GB/s", "copied by the queue"),
            (KernelTable.Time(roof.Void.Median), "void dispatch, subtracted"),
            ($"{Count(RowStatus.Measured)}", "rows measured"),
            ($"{Count(RowStatus.Wrong)}", "wrong"),
            ($"{Count(RowStatus.NotRun)}", "not run"),
        ];
        page.Append(CultureInfo.InvariantCulture, $"<p class=\"note\">{Text(report.Device.Driver)}; activations {report.Plan.ActivationType}, weights {report.Plan.WeightType}, matrix family {report.Plan.Target.Matrix}{(roof.Void.IsCpu ? "; a CPU driver: rates are by processor time, per core" : "")}.</p>\n<div class=\"figures\">");
        foreach ((string value, string name) in figures)
        {
            page.Append(CultureInfo.InvariantCulture, $"<div><b>{Text(value)}</b><span>{Text(name)}</span></div>");
        }

        page.Append("</div>\n");
    }

    private static void Bars(StringBuilder page, KernelReport report)
    {
        page.Append("<h2>Share of the roof, by kernel</h2>\n<p class=\"note\">Bars show how near a row comes to the least time this device could take for it; the dearest rows of each kernel.</p>\n<div class=\"groups\">\n");
        foreach (IGrouping<string, RowResult> kernel in report.Rows.Where(r => r.Seconds is not null).GroupBy(r => r.Row.Case.Kernel.Name).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            page.Append(CultureInfo.InvariantCulture, $"<section><h3><i class=\"c{Colour(report, kernel.Key)}\"></i>{Text(kernel.Key)} <small>{kernel.Count()} rows</small></h3>\n");
            foreach (RowResult row in kernel.OrderByDescending(r => r.Seconds!.Basis).Take(LongestBars))
            {
                double share = Math.Clamp(row.RoofFraction(report.Roof)!.Value, 0, 1);
                page.Append(CultureInfo.InvariantCulture, $"<div class=\"bar\" title=\"{Text(row.Row.Id)}\"><span class=\"name\">{Text(Short(row))}</span><span class=\"track\"><span class=\"fill c{Colour(report, kernel.Key)}\" style=\"width:{100 * share:0.##}%\"></span></span><span class=\"value\">{Rate(row)}</span></div>\n");
            }

            page.Append("</section>\n");
        }

        page.Append("</div>\n");
    }

    private static void Table(StringBuilder page, KernelReport report)
    {
        page.Append("<h2>All rows</h2>\n<p class=\"note\">A click on a heading sorts. Every measured row was compared with the reference before it was timed.</p>\n<div class=\"wide\"><table><thead><tr>");
        foreach (string heading in (ReadOnlySpan<string>)["kernel", "row", "set", "median", "p95", "first use", "GFLOP/s", "GB/s", "roof", "NMSE", "checked"])
        {
            page.Append(CultureInfo.InvariantCulture, $"<th><button>{heading}</button></th>");
        }

        page.Append("</tr></thead><tbody>\n");
        foreach (RowResult row in report.Rows)
        {
            page.Append(CultureInfo.InvariantCulture, $"<tr class=\"{row.Status}\"><td>{Text(row.Row.Case.Kernel.Name)}</td><td class=\"id\">{Text(row.Row.Id)}{Text(KernelTable.Uses(row.Row))}</td><td>{Text(row.Row.Set)}</td>");
            Cell(page, row.Seconds?.Median, KernelTable.Time);
            Cell(page, row.Seconds?.P95, KernelTable.Time);
            Cell(page, row.FirstUseSeconds, KernelTable.Time);
            Cell(page, row.FlopsPerSecond * 1e-9, Number);
            Cell(page, row.BytesPerSecond * 1e-9, Number);
            Cell(page, row.RoofFraction(report.Roof), share => string.Create(CultureInfo.InvariantCulture, $"{100 * share:0} %"));
            Cell(page, row.Nmse, error => error.ToString("0.0e+0", CultureInfo.InvariantCulture));
            page.Append(CultureInfo.InvariantCulture, $"<td class=\"how\">{Text(row.Failure ?? row.Check ?? "")}</td></tr>\n");
        }

        page.Append("</tbody></table></div>\n");
    }

    private static void Plan(StringBuilder page, DevicePlan plan)
    {
        page.Append("<h2>How the device is used</h2>\n<div class=\"wide\"><table class=\"plan\"><tbody>\n");
        foreach (PlanDecision decision in plan.Decisions)
        {
            page.Append(CultureInfo.InvariantCulture, $"<tr><td>{Text(decision.What)}</td><td>{Text(decision.Choice)}</td><td class=\"how\">{Text(decision.Reason)}</td></tr>\n");
        }

        page.Append("</tbody></table></div>\n");
    }

    private static void Cell(StringBuilder page, double? value, Func<double, string> show)
        => page.Append(value is { } number && double.IsFinite(number)
            ? string.Create(CultureInfo.InvariantCulture, $"<td class=\"n\" data-v=\"{number:r}\">{Text(show(number))}</td>")
            : "<td class=\"n\"></td>");

    /// <summary>The row without its kernel's name, and its optional operands left out.</summary>
    private static string Short(RowResult row)
    {
        string kernel = row.Row.Case.Kernel.ToString(), attributes = row.Row.Case.Kernel.Attributes;
        return $"{(attributes.Length > 0 ? attributes + " " : "")}{string.Join(' ', row.Row.Id[kernel.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(p => p != "-").Take(3))}";
    }

    private static string Rate(RowResult row)
        => row.Row.Cost.Flops > 4 * row.Row.Cost.Bytes ? $"{Number(row.FlopsPerSecond!.Value * 1e-9)} GFLOP/s" : $"{Number(row.BytesPerSecond!.Value * 1e-9)} GB/s";

    /// <summary>Three digits, as many as a glance takes in.</summary>
    internal static string Number(double value)
        => value.ToString(value >= 99.95 ? "#,0" : value >= 9.995 ? "0.#" : value >= 0.1 ? "0.##" : "0.####", CultureInfo.InvariantCulture);
}
