using System.Globalization;

namespace Hummingbird.Vulkan.Bench.Kernels;

/// <summary>A report as text: what the screen shows.</summary>
public static class KernelTable
{
    private const string Header = "     median       p95   cpu time  first use   GFLOP/s     GB/s  roof    goal  kernel";

    public static void WriteHead(TextWriter output) => output.WriteLine(Header);

    /// <summary>The line of one row.</summary>
    public static string Line(RowResult result, Roofline roof)
    {
        if (result.Seconds is not { } time)
        {
            return $"  {(result.Status == RowStatus.Wrong ? "WRONG" : "not run")}: {result.Row.Id}: {result.Failure}";
        }

        string share = string.Create(CultureInfo.InvariantCulture, $"{100 * result.RoofFraction(roof):0} %");
        string goal = result.Row.Goal is { } wanted ? string.Create(CultureInfo.InvariantCulture, $"{wanted:0.#}") : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Time(time.Median),11}{Time(time.P95),10}{Time(time.ProcessorMedian),11}{(result.FirstUseSeconds is { } first ? Time(first) : "-"),11}"
            + $"{result.FlopsPerSecond * 1e-9,10:0.0}{result.BytesPerSecond * 1e-9,9:0.00}{share,6}{goal,8}  {result.Row.Id}{Uses(result.Row)}");
    }

    /// <summary>What was measured of the device, and how the run went.</summary>
    public static void WriteTail(KernelReport report, TextWriter output)
    {
        Roofline roof = report.Roof;
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"roofline: {roof.FlopsPerSecond * 1e-9:0.0} GFLOP/s fp32 multiply-add; {roof.ShaderBytesPerSecond * 1e-9:0.0} GB/s copied by a shader, {roof.CopyBytesPerSecond * 1e-9:0.0} GB/s by the queue; a void dispatch takes {Time(roof.Void.Median)} (subtracted)"));
        int measured = report.Rows.Count(r => r.Status == RowStatus.Measured), wrong = report.Rows.Count(r => r.Status == RowStatus.Wrong);
        foreach (IGrouping<string, RowResult> set in report.Rows.GroupBy(r => r.Row.Set).Where(s => s.Any(r => r.Row.Uses.Length > 0 && r.Seconds is not null)))
        {
            foreach (var graph in set.SelectMany(r => r.Row.Uses.Select(u => (u.Graph, u.Count, Result: r))).GroupBy(u => u.Graph))
            {
                int missing = graph.Where(u => u.Result.Seconds is null).Sum(u => u.Count);
                double seconds = graph.Sum(u => u.Count * (u.Result.Seconds?.Median ?? 0)), flops = graph.Where(u => u.Result.Seconds is not null).Sum(u => u.Count * u.Result.Row.Cost.Flops);
                output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{set.Key} {graph.Key}: {Time(seconds)} for {graph.Sum(u => u.Count) - missing} of {graph.Sum(u => u.Count)} operations, {flops * 1e-9 / seconds:0.0} GFLOP/s"));
            }
        }

        if (report.Roof.Void.IsCpu)
        {
            output.WriteLine("a CPU driver: GFLOP/s, GB/s and roof are by processor time, per core");
        }

        output.WriteLine($"{measured} measured, {wrong} wrong, {report.Rows.Length - measured - wrong} not run");
    }

    /// <summary>1.23 s, 45.6 ms, 7.89 us.</summary>
    internal static string Time(double seconds) => seconds switch
    {
        >= 1 => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.00} s"),
        >= 1e-3 => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1e3:0.00} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1e6:0.0} us"),
    };

    internal static string Uses(BenchRow row)
        => row.Uses.Length == 0 ? "" : $"  ({string.Join(", ", row.Uses.Select(u => $"{u.Count}x {u.Graph}"))})";
}
