using System.Globalization;
using Hummingbird.Vulkan.Bench.Kernels;

namespace Hummingbird.Vulkan.Bench.Models;

/// <summary>A measured generation as text.</summary>
public static class ModelTable
{
    private const double MiB = 1 << 20;

    public static string Head => "graph              runs   s each   cpu s    TFLOP  GFLOP/s  roof    load s  weights  activations  outside matrix kernels";

    public static string Line(GraphMeasurement graph, Roofline roof) => string.Create(
        CultureInfo.InvariantCulture,
        $"{graph.Graph,-16}{graph.Runs,7}{graph.Seconds,9:0.000}{graph.Last.ProcessorSeconds,8:0.00}{graph.Cost.Flops * 1e-12,9:0.000}{graph.Cost.Flops * 1e-9 / graph.Seconds,9:0.0}{100 * Roof(graph, roof),5:0} %{graph.LoadSeconds,9:0.00}{graph.WeightsInBytes / MiB,9:0}{graph.ActivationsInBytes / MiB,9:0} MiB{100 * graph.OutsideMatrixKernels,12:0} %");

    public static void WriteTail(ModelReport report, TextWriter output)
    {
        foreach (GraphMeasurement graph in report.Graphs.Where(g => g.Last.NodeSeconds.Length > 0))
        {
            double all = graph.Last.NodeSeconds.Sum();
            output.WriteLine($"{graph.Graph} by kernel:");
            foreach (KernelShare kernel in graph.Kernels(report.Roof.LeastSeconds))
            {
                output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"  {kernel.Kernel,-18}{kernel.Nodes,5} nodes {KernelTable.Time(kernel.Seconds),10}{100 * kernel.Seconds / all,6:0.0} %{kernel.FlopsPerSecond * 1e-9,9:0.0} GFLOP/s{kernel.Cost.Bytes / kernel.Seconds * 1e-9,8:0.00} GB/s{100 * kernel.RoofFraction,6:0} % of the roof"));
            }
        }

        SubmitHistogram submits = report.Submits;
        string slowed = report.Plan.Options.Slowdown > 1 ? $", as on a device {report.Plan.Options.Slowdown:0.#} times slower" : "";
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"submits{slowed}: {submits.Total}, median {submits.Median * 1e3:0.0} ms, p99 {submits.P99 * 1e3:0.0} ms, longest {string.Join("; ", submits.Longest.Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Seconds * 1e3:0.0} ms ({s.What})")))}"));
        output.WriteLine("  " + string.Join("  ", submits.Counts.Select((count, i)
            => $"{(i < SubmitHistogram.Bounds.Length ? "<= " + SubmitHistogram.Bounds[i].ToString(CultureInfo.InvariantCulture) : "> " + SubmitHistogram.Bounds[^1].ToString(CultureInfo.InvariantCulture))} ms: {count}")));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"whole generation ({report.Request.Frames} frames, {report.Request.Steps} steps): {report.Seconds:0.0} s, {report.Flops * 1e-12:0.0} TFLOP, {report.Flops * 1e-9 / report.Seconds:0.0} GFLOP/s; {report.PeakDeviceBytes / MiB:0} MiB of device memory at most"));
        if (report.Roof.Void.IsCpu)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"a CPU driver: roofs are per core and processor time ({report.Roof.FlopsPerSecond * 1e-9:0.0} GFLOP/s fp32, {report.Roof.BytesPerSecond * 1e-9:0.0} GB/s); cpu s is processor time of one run"));
        }
    }

    private static double Roof(GraphMeasurement graph, Roofline roof)
        => graph.Last.Graph.Nodes.Sum(n => roof.LeastSeconds(n.Cost)) / Math.Max(double.Epsilon, roof.Void.IsCpu ? graph.Last.ProcessorSeconds : graph.Seconds);
}
