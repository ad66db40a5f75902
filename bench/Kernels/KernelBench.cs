using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Hummingbird.Vulkan.Engine.Compute;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Bench.Kernels;

/// <summary>What became of a row.</summary>
public enum RowStatus
{
    Measured,

    /// <summary>The output is not what the reference computes: not timed.</summary>
    Wrong,

    /// <summary>The run's budget was used up before.</summary>
    NotRun,
}

/// <summary>A row and its figures.</summary>
/// <param name="Check">What was compared with the reference.</param>
/// <param name="Nmse">The error of that.</param>
/// <param name="FirstUseSeconds">Compiling, by processor time on a CPU driver; null where an earlier row had compiled all of it.</param>
/// <param name="Seconds">Times less the void dispatch.</param>
/// <param name="OutputRms">Root of the mean square of the output; NaN when it was not computed.</param>
/// <param name="Plan">Shader, constants and workgroups of each dispatch.</param>
/// <param name="Failure">Why it is not measured.</param>
public sealed record RowResult(
    BenchRow Row, RowStatus Status, string? Check, double? Nmse, double? FirstUseSeconds, Timing? Seconds, double OutputRms, ImmutableArray<string> Plan, string? Failure)
{
    public double? FlopsPerSecond => Seconds is null ? null : Row.Cost.Flops / Seconds.Basis;

    public double? BytesPerSecond => Seconds is null ? null : Row.Cost.Bytes / Seconds.Basis;

    /// <summary>How near the time is to the least the device could take: 1 is the roof.</summary>
    public double? RoofFraction(Roofline roof) => Seconds is null ? null : roof.LeastSeconds(Row.Cost) / Seconds.Basis;
}

/// <summary>Runs rows on a device: first compared with the reference, then timed.</summary>
/// <param name="device">Opened without a pipeline cache, so that first use is first use.</param>
/// <param name="patience">For each row.</param>
public sealed class KernelBench(GpuDevice device, Patience patience) : IDisposable
{
    // Rows this long are sampled once.
    private const double LongSeconds = 1;

    private readonly KernelTimer timer = new(device);
    private readonly HashSet<PipelineKey> compiled = [];

    /// <param name="rows">In this order.</param>
    /// <param name="budget">No row begins after this; those left over are listed as not run.</param>
    /// <param name="progress">Sees each row when it is done.</param>
    public KernelReport Run(IReadOnlyList<BenchRow> rows, TimeSpan budget, Action<RowResult, Roofline>? progress, CancellationToken cancellation)
    {
        Stopwatch clock = Stopwatch.StartNew();
        Roofline roof = Roofline.Measure(device, timer, patience);
        List<RowResult> results = [];
        foreach (BenchRow row in rows)
        {
            cancellation.ThrowIfCancellationRequested();
            RowResult result = clock.Elapsed < budget ? Run(row, roof.Void)
                : NotMeasured(row, RowStatus.NotRun, string.Create(CultureInfo.InvariantCulture, $"the budget of {budget.TotalSeconds:0.#} s was used up"));
            results.Add(result);
            progress?.Invoke(result, roof);
        }

        return new(device.Snapshot, device.Plan, roof, [.. results], clock.Elapsed);
    }

    /// <summary>One row.</summary>
    /// <param name="nothing">Subtracted from its times.</param>
    public RowResult Run(BenchRow row, Timing nothing)
    {
        HostTensor?[] operands = Operands.Draw(row);
        using PreparedRow prepared = new(device, row, operands, device.Plan.Target);
        ImmutableArray<string> plan = [.. prepared.Plan.Dispatches.Select(Describe)];
        bool isFirstUse = prepared.Plan.Dispatches.Any(d => compiled.Add(PipelineKey.Of(d)));
        prepared.Poison();
        double compile = timer.Time(prepared.Compile);
        Timing once = timer.Measure(row.Id, prepared.Record, new(0, 1, 1), out double first);
        Expectation expected = Expectation.Of(row, operands);
        float[] output = prepared.ReadOutput();
        double nmse = expected.Nmse(output);
        if (!(nmse <= row.Case.MaxNmse))
        {
            string failure = string.Create(CultureInfo.InvariantCulture, $"NMSE {nmse:g3}, at most {row.Case.MaxNmse:g} is allowed");
            return NotMeasured(row, RowStatus.Wrong, failure) with { Check = expected.How, Nmse = nmse, Plan = plan };
        }

        Timing seconds = timer.Measure(row.Id, prepared.Record, once.Median > LongSeconds ? patience with { Least = 1 } : patience, out _);
        double? firstUse = isFirstUse ? compile + Math.Max(0, first - once.Basis) : null;
        return new(row, RowStatus.Measured, expected.How, nmse, firstUse, seconds.Less(nothing), Rms(output), plan, null);
    }

    public void Dispose() => timer.Dispose();

    private static RowResult NotMeasured(BenchRow row, RowStatus status, string failure) => new(row, status, null, null, null, null, double.NaN, [], failure);

    private static double Rms(float[] values) => Math.Sqrt(values.Sum(value => (double)value * value) / values.Length);

    private static string Describe(Dispatch dispatch)
        => $"{PipelineKey.Of(dispatch)} {dispatch.Workgroups.X}x{dispatch.Workgroups.Y}x{dispatch.Workgroups.Z}";
}

/// <summary>A whole run.</summary>
public sealed record KernelReport(DeviceSnapshot Device, DevicePlan Plan, Roofline Roof, ImmutableArray<RowResult> Rows, TimeSpan Elapsed);
