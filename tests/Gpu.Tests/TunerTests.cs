using Hummingbird.Vulkan.Bench.Kernels;
using Hummingbird.Vulkan.Bench.Tuning;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Kernels;
using Hummingbird.Vulkan.Kernels.Cases;
using Xunit;

namespace Hummingbird.Vulkan.Gpu.Tests;

/// <summary>A short tuning run on this machine's device.</summary>
public sealed class TunerTests : DeviceTestBase
{
    private static readonly BenchRow[] Rows =
    [
        Row(new MatMul(), CaseInput.X([1, 200, 64]), CaseInput.W([48, 64]), CaseInput.Absent, CaseInput.Absent, CaseInput.Absent),
        Row(new LayerNorm(), CaseInput.X([1, 500, 64]), CaseInput.P([64]), CaseInput.P([64])),
        Row(new MatMul(Activation.Silu), CaseInput.X([1, 40_000, 64]), CaseInput.W([128, 64]), CaseInput.Absent, CaseInput.Absent, CaseInput.Absent),
    ];

    [Fact]
    public void Products_are_measured_and_winners_are_tiles_that_the_plan_takes()
    {
        using GpuDevice device = Open();
        using Tuner tuner = new(device, new(Seconds: 0.005, Least: 2, Most: 5));
        List<TuneDecision> seen = [];
        TuneReport report = tuner.Run(Rows, TimeSpan.FromMinutes(5), seen.Add, TestContext.Current.CancellationToken);
        Assert.Equal(["matmul", "matmul(silu)"], report.Decisions.Select(d => d.Problem.Kernel));
        Assert.Equal(report.Decisions, seen);
        Assert.Empty(report.NotReached);
        Assert.All(report.Decisions, d => Assert.True(d.StandardSeconds > 0 && d.BestSeconds > 0));
        KernelTarget tuned = device.Plan.Target with { Tiles = report.Table(device.Plan.Target.Matrix, null) };
        Assert.All(report.Decisions, d => Assert.Equal(d.Winner ?? d.Standard, TileTable.Choose(d.Problem, tuned)));
    }

    [Fact]
    public void What_the_budget_leaves_out_is_said()
    {
        using GpuDevice device = Open();
        using Tuner tuner = new(device, new(Seconds: 0.005, Least: 1, Most: 1));
        TuneReport report = tuner.Run(Rows, TimeSpan.Zero, null, TestContext.Current.CancellationToken);
        Assert.Empty(report.Decisions);
        Assert.Equal(2, report.NotReached.Length);
    }

    private static BenchRow Row(Kernel kernel, params CaseInput[] inputs) => new("test", new(kernel, DType.F32, kernel is MatMul ? DType.F16 : DType.F32, [.. inputs]), []);
}
