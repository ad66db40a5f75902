using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Hummingbird.Vulkan.Engine.Compute;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Kernels;
using Hummingbird.Vulkan.Kernels.Cases;

namespace Hummingbird.Vulkan.Bench.Kernels;

/// <summary>What the first use of a pipeline costs.</summary>
/// <param name="Pipeline">Which.</param>
/// <param name="Row">The first row that runs it.</param>
/// <param name="Graphs">All graphs that run it.</param>
/// <param name="Seconds">Compiling, by processor time on a CPU driver; null where the budget was used up before.</param>
public sealed record PipelineFirstUse(PipelineKey Pipeline, string Row, ImmutableArray<string> Graphs, double? Seconds);

/// <summary>Runs every pipeline of some rows for the first time, one workgroup of it: drivers may compile as late as that.</summary>
/// <param name="device">Opened without a pipeline cache.</param>
public sealed class FirstUse(GpuDevice device) : IDisposable
{
    // No model's: nothing that is measured later is known by it.
    private static readonly BenchRow Trivial = new("start", new(new Elementwise(ElementwiseOp.Relu), DType.F32, DType.F32, [CaseInput.X([1, 64]), CaseInput.Absent]), []);

    private readonly KernelTimer timer = new(device);

    /// <summary>Seconds of the process's first pipeline, a trivial one: what the driver's compiler costs to start, whatever comes first.</summary>
    public double StartCompiler()
    {
        using PreparedRow prepared = new(device, Trivial, Operands.Draw(Trivial), device.Plan.Target);
        return Seconds(Trivial, prepared, PlanOf(Trivial).Dispatches[0]);
    }

    /// <param name="rows">In this order; a pipeline is counted where it comes first.</param>
    /// <param name="budget">No row begins after this.</param>
    /// <param name="progress">Sees each pipeline when it is done.</param>
    public ImmutableArray<PipelineFirstUse> Run(IReadOnlyList<BenchRow> rows, TimeSpan budget, Action<PipelineFirstUse>? progress, CancellationToken cancellation)
    {
        Stopwatch clock = Stopwatch.StartNew();
        ILookup<PipelineKey, string> graphs = rows
            .SelectMany(row => PlanOf(row).Dispatches.SelectMany(d => row.Uses.Select(use => (Pipeline: PipelineKey.Of(d), use.Graph))))
            .Distinct()
            .ToLookup(use => use.Pipeline, use => use.Graph);
        HashSet<PipelineKey> seen = [];
        var results = ImmutableArray.CreateBuilder<PipelineFirstUse>();
        foreach (BenchRow row in rows)
        {
            ImmutableArray<Dispatch> dispatches = [.. PlanOf(row).Dispatches.Where(d => seen.Add(PipelineKey.Of(d)))];
            bool isInBudget = clock.Elapsed < budget;
            using PreparedRow? prepared = isInBudget && dispatches.Length > 0 ? new(device, row, Operands.Draw(row), device.Plan.Target) : null;
            foreach (Dispatch dispatch in dispatches)
            {
                cancellation.ThrowIfCancellationRequested();
                PipelineKey pipeline = PipelineKey.Of(dispatch);
                results.Add(new(pipeline, row.Id, [.. graphs[pipeline]], prepared is null ? null : Seconds(row, prepared, dispatch)));
                progress?.Invoke(results[^1]);
            }
        }

        return results.ToImmutable();
    }

    /// <summary>Sums, for each graph and for all, and how many took longer than <paramref name="limit"/> seconds.</summary>
    public static void WriteTail(ImmutableArray<PipelineFirstUse> results, double limit, TextWriter output)
    {
        IEnumerable<string> graphs = results.SelectMany(r => r.Graphs).Distinct();
        foreach ((string name, PipelineFirstUse[] of) in graphs.Select(g => (g, results.Where(r => r.Graphs.Contains(g)).ToArray())).Append(("all", [.. results])))
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{name}: {of.Length} pipelines, {KernelTable.Time(of.Sum(r => r.Seconds ?? 0))}; {of.Count(r => r.Seconds > limit)} above {KernelTable.Time(limit)}, the longest {KernelTable.Time(of.Max(r => r.Seconds) ?? 0)}; {of.Count(r => r.Seconds is null)} not run"));
        }

        output.WriteLine("A driver with a cache of its own may have known some of them: MESA_SHADER_CACHE_DISABLE=1 turns Mesa's off.");
    }

    /// <summary>The line of <see cref="StartCompiler"/>.</summary>
    public static string StartLine(double seconds) => $"{KernelTable.Time(seconds),11}  a trivial pipeline: the driver's compiler starts; not counted below";

    /// <summary>The line of one pipeline.</summary>
    public static string Line(PipelineFirstUse result)
        => $"{(result.Seconds is { } seconds ? KernelTable.Time(seconds) : "not run"),11}  {result.Pipeline}  {result.Row}";

    public void Dispose() => timer.Dispose();

    private double Seconds(BenchRow row, PreparedRow prepared, Dispatch dispatch)
    {
        prepared.LimitTo(dispatch);
        double compile = timer.Time(prepared.Compile);
        Timing again = timer.Measure(row.Id, prepared.Record, new(0, 1, 1), out double first);
        return compile + Math.Max(0, first - again.Basis);
    }

    private KernelPlan PlanOf(BenchRow row)
    {
        TensorSpec[] specs = row.Case.Specs();
        return row.Case.Kernel.Plan(specs, row.Output(specs), device.Plan.Target);
    }
}
