using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Bench.Models;

/// <summary>All operations of one kernel in a graph.</summary>
/// <param name="Kernel">Its name.</param>
/// <param name="Nodes">How many there are.</param>
/// <param name="Cost">Of all together.</param>
/// <param name="Seconds">By the device's clock.</param>
/// <param name="RoofFraction">How near to the least time the device could take: 1 is the roof.</param>
public sealed record KernelShare(string Kernel, int Nodes, Cost Cost, double Seconds, double RoofFraction)
{
    public double FlopsPerSecond => Cost.Flops / Seconds;
}

/// <summary>One graph of a generation, measured.</summary>
/// <param name="Graph">Its name.</param>
/// <param name="Runs">How often it runs in the whole generation.</param>
/// <param name="LoadSeconds">Reading and packing weights, compiling, recording.</param>
/// <param name="Measured">The runs that were made; the last one counts, the first also compiles on CPU drivers.</param>
/// <param name="Layout">Where its weights and activations lie.</param>
public sealed record GraphMeasurement(string Graph, int Runs, double LoadSeconds, ImmutableArray<GraphRun> Measured, GraphLayout Layout)
{
    private static readonly string[] Matrix = ["matmul", "conv2d", "conv3d", "attention", "feed_forward"];

    public GraphRun Last => Measured[^1];

    /// <summary>Device memory of packed weights.</summary>
    public long WeightsInBytes => Layout.WeightsInBytes;

    /// <summary>Device memory of everything else.</summary>
    public long ActivationsInBytes => Layout.Activations.TotalInBytes;

    public Cost Cost => Last.Graph.Cost;

    /// <summary>Wall time of one run.</summary>
    public double Seconds => Last.WallSeconds;

    /// <summary>Wall time of all runs of the generation.</summary>
    public double AllSeconds => Runs * Seconds;

    /// <summary>What two models are compared by: processor time on CPU drivers, whoever else uses the machine.</summary>
    public double Basis => Layout.Target is { IsCpu: true } ? Last.ProcessorSeconds : Seconds;

    /// <summary>The share of the time that is neither products nor attention.</summary>
    public double OutsideMatrixKernels => 1 - (Kernels(null).Where(k => Matrix.Contains(k.Kernel)).Sum(k => k.Seconds) / Math.Max(double.Epsilon, Last.NodeSeconds.Sum()));

    /// <summary>By kernel, the longest first; nothing where the device has no timestamps.</summary>
    /// <param name="leastSeconds">The least time a cost could take on the device, per core for CPU drivers.</param>
    public ImmutableArray<KernelShare> Kernels(Func<Cost, double>? leastSeconds)
    {
        if (Last.NodeSeconds.Length == 0)
        {
            return [];
        }

        // A roof per core is compared with processor time; who gets how much of it the device's clock says.
        double scale = Last.ProcessorSeconds / Math.Max(double.Epsilon, Last.NodeSeconds.Sum());
        return
        [
            .. Last.Graph.Nodes.GroupBy(n => n.Kernel.Name).Select(group =>
            {
                double seconds = group.Sum(n => Last.NodeSeconds[n.Index]);
                double least = leastSeconds is null ? 0 : group.Sum(n => leastSeconds(n.Cost));
                return new KernelShare(group.Key, group.Count(), group.Aggregate(default(Cost), (sum, n) => sum + n.Cost), seconds, least / (seconds * scale));
            }).OrderByDescending(k => k.Seconds),
        ];
    }
}

/// <summary>Lengths of submits, each counted as often as it is made in the whole generation.</summary>
/// <param name="Counts">How many were at most as long as each of <see cref="Bounds"/>, and longer than the one before; the last: longer than all.</param>
/// <param name="Longest">The longest ones, each with what it ran.</param>
public sealed record SubmitHistogram(ImmutableArray<long> Counts, double Median, double P99, ImmutableArray<(double Seconds, string What)> Longest)
{
    private const int Shown = 3;

    /// <summary>Milliseconds.</summary>
    public static ImmutableArray<double> Bounds { get; } = [1, 2, 5, 10, 20, 50, 100, 200, 500];

    public long Total => Counts.Sum();

    public static SubmitHistogram Of(IEnumerable<GraphMeasurement> graphs)
    {
        (double Seconds, long Times, GraphMeasurement Graph, GraphRun Run, int Submit)[] all =
            [.. graphs.SelectMany(g => g.Measured.SelectMany(run => run.SubmitSeconds.Select((s, i) => (s, TimesOf(run, g), g, run, i)))).OrderBy(s => s.s)];
        long total = all.Sum(s => s.Times), passed = 0;
        long[] counts = new long[Bounds.Length + 1];
        double median = 0, p99 = 0;
        foreach ((double seconds, long times, _, _, _) in all)
        {
            int bucket = Bounds.TakeWhile(b => seconds * 1e3 > b).Count();
            counts[bucket] += times;
            median = passed < total * 0.5 ? seconds : median;
            p99 = passed < total * 0.99 ? seconds : p99;
            passed += times;
        }

        return new([.. counts], median, p99, [.. all.TakeLast(Shown).Reverse().Select(s => (s.Seconds, What(s.Graph, s.Run, s.Submit)))]);
    }

    private static string What(GraphMeasurement graph, GraphRun run, int submit)
    {
        Node node = run.Graph.Nodes[run.SubmitNodes[submit]];
        return $"{graph.Graph}, run {1 + graph.Measured.IndexOf(run)}, {node.Kernel.Name} {node.Label}".TrimEnd();
    }

    /// <summary>The last run measured stands for those that were not: earlier ones were cut by less knowledge.</summary>
    private static long TimesOf(GraphRun run, GraphMeasurement graph)
        => ReferenceEquals(run, graph.Last) ? Math.Max(1, 1 + graph.Runs - graph.Measured.Length) : 1;
}
