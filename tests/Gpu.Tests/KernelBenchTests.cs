using System.Collections.Immutable;
using Hummingbird.Vulkan.Bench.Kernels;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Kernels;
using Hummingbird.Vulkan.Kernels.Cases;
using Xunit;

namespace Hummingbird.Vulkan.Gpu.Tests;

/// <summary>A small run of the kernel bench on this machine's device.</summary>
public sealed class KernelBenchTests : DeviceTestBase
{
    private static readonly Patience Short = new(Seconds: 0.01, Least: 2, Most: 5);

    [Fact]
    public void Rows_are_checked_timed_and_compared_with_the_roof()
    {
        using GpuDevice device = Open();
        using KernelBench bench = new(device, Short);
        BenchRow[] rows =
        [
            Row(new LayerNorm(), CaseInput.X([1, 500, 64]), CaseInput.P([64]), CaseInput.P([64])),
            Row(new LayerNorm(), CaseInput.X([1, 700, 96]), CaseInput.P([96]), CaseInput.P([96])),
            Row(new MatMul(), CaseInput.X([1, 200, 64]), CaseInput.W([48, 64]), CaseInput.Absent, CaseInput.Absent, CaseInput.Absent),
        ];
        List<string> seen = [];
        KernelReport report = bench.Run(rows, TimeSpan.FromMinutes(5), (r, _) => seen.Add(r.Row.Id), TestContext.Current.CancellationToken);
        Assert.Equal(rows.Select(r => r.Id), seen);
        Assert.All(report.Rows, r => Assert.Equal((RowStatus.Measured, null), (r.Status, r.Failure)));
        Assert.All(report.Rows, r => Assert.InRange(r.Seconds!.Samples, 2, 5));
        Assert.All(report.Rows, r => Assert.True(r.Seconds!.Median > 0 && r.Seconds.P95 >= r.Seconds.Median && r.FlopsPerSecond > 0));
        Assert.True(report.Rows[0].FirstUseSeconds > 0);
        Assert.Null(report.Rows[1].FirstUseSeconds);
        Assert.InRange(report.Roof.FlopsPerSecond, 1e8, 1e16);
        Assert.InRange(report.Roof.BytesPerSecond, 1e7, 1e14);
        Assert.True(report.Roof.Void.Median > 0);
    }

    [Fact]
    public void What_is_wrong_is_not_timed()
    {
        using GpuDevice device = Open();
        using KernelBench bench = new(device, Short);
        BenchRow row = Row(new WrongScale(), CaseInput.X([1, 64]), CaseInput.Absent);
        RowResult result = Assert.Single(bench.Run([row], TimeSpan.FromMinutes(5), null, TestContext.Current.CancellationToken).Rows);
        Assert.Equal(RowStatus.Wrong, result.Status);
        Assert.Null(result.Seconds);
        Assert.Contains("at most 1e-11 is allowed", result.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_beyond_the_budget_are_listed_as_not_run()
    {
        using GpuDevice device = Open();
        using KernelBench bench = new(device, Short);
        BenchRow row = Row(new Elementwise(ElementwiseOp.Copy), CaseInput.X([1, 64]), CaseInput.Absent);
        RowResult result = Assert.Single(bench.Run([row], TimeSpan.FromTicks(1), null, TestContext.Current.CancellationToken).Rows);
        Assert.Equal(RowStatus.NotRun, result.Status);
        Assert.NotNull(result.Failure);
    }

    [Fact]
    public void First_use_lists_every_pipeline_once()
    {
        using GpuDevice device = Open();
        using FirstUse bench = new(device);
        BenchRow[] rows =
        [
            Row(new Elementwise(ElementwiseOp.Copy), CaseInput.X([1, 64]), CaseInput.Absent),
            Row(new Elementwise(ElementwiseOp.Copy), CaseInput.X([1, 128]), CaseInput.Absent),
            Row(new GroupNorm(4, 1e-5f), CaseInput.X([1, 1, 8, 8, 64]), CaseInput.P([64]), CaseInput.P([64]), CaseInput.Absent),
        ];
        rows[1] = rows[1] with { Uses = [new("step", 2)] };
        Assert.True(bench.StartCompiler() > 0);
        ImmutableArray<PipelineFirstUse> results = bench.Run(rows, TimeSpan.FromMinutes(5), null, TestContext.Current.CancellationToken);
        Assert.Equal([rows[0].Id, rows[2].Id, rows[2].Id, rows[2].Id], results.Select(r => r.Row));
        Assert.Equal(results.Length, results.Select(r => r.Pipeline).Distinct().Count());
        Assert.Equal(["step"], results[0].Graphs);
        Assert.All(results, r => Assert.True(r.Seconds > 0));
        Assert.All(bench.Run(rows, TimeSpan.FromTicks(1), null, TestContext.Current.CancellationToken), r => Assert.Null(r.Seconds));
    }

    private static BenchRow Row(Kernel kernel, params CaseInput[] inputs) => new("test", new(kernel, DType.F32, DType.F32, [.. inputs]), []);

    /// <summary>A copy whose reference doubles.</summary>
    private sealed record WrongScale : Kernel
    {
        private static readonly Elementwise Copy = new(ElementwiseOp.Copy);

        public override string Name => "wrong_scale";

        public override Shape Infer(ReadOnlySpan<TensorSpec> inputs) => inputs[0].Shape;

        public override KernelPlan Plan(ReadOnlySpan<TensorSpec> inputs, TensorSpec output, KernelTarget target) => Copy.Plan(inputs, output, target);

        public override Cost Cost(ReadOnlySpan<TensorSpec> inputs, TensorSpec output) => new(1, 1);

        public override void Reference(ReadOnlySpan<HostTensor?> inputs, HostTensor output) => (Copy with { Alpha = 2 }).Reference(inputs, output);
    }
}
