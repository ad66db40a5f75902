using System.Collections.Concurrent;
using Hummingbird.Vulkan.Engine.Conformance;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Kernels;
using Hummingbird.Vulkan.Kernels.Cases;
using Xunit;

namespace Hummingbird.Vulkan.Gpu.Tests;

/// <summary>The whole conformance suite on this machine's device: one test per kernel, each case in every family the device can run, with and
/// without Winograd. What the reference makes of a case is computed once for all of them.</summary>
public sealed class ConformanceTests : DeviceTestBase
{
    public static TheoryData<string> Kernels() => [.. ConformanceCases.All.Select(row => row.Kernel.Name).Distinct()];

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Every_case_comes_as_near_the_reference_as_it_must(string kernel)
    {
        ConformanceResult[] results = Run([.. ConformanceCases.All.Where(row => row.Kernel.Name == kernel)]);
        ConformanceResult[] failures = [.. results.Where(r => !r.Passed)];
        Assert.NotEmpty(results);
        Assert.True(failures.Length == 0, $"{failures.Length} of {results.Length} cases failed:\n{string.Join('\n', failures.AsEnumerable())}");
    }

    /// <summary>Where a driver does not merge loads, the families above load lane by lane: what merges elsewhere must be right all the same.</summary>
    [Theory]
    [InlineData("attention")]
    [InlineData("matmul")]
    [InlineData("conv2d")]
    [InlineData("conv3d")]
    [InlineData("group_norm")]
    [InlineData("layer_norm")]
    public void Loads_that_another_driver_would_merge_compute_the_same(string kernel)
    {
        using GpuDevice device = Open();
        KernelTarget target = device.Plan.Target with { Matrix = MatrixFamily.LoadVector, MergesLoads = true, WinogradTile = 2 };
        ConformanceRunner runner = new(device);
        IEnumerable<ConformanceCase> rows = ConformanceCases.All
            .Where(row => row.Kernel.Name == kernel && row.Inputs[0].Shape.Channels % (4 * target.SubgroupSize) == 0)
            .OrderBy(row => row.Inputs[0].Shape.Channels);
        Assert.All(rows.DistinctBy(row => (row.Storage, row.Weights)), row => Assert.True(runner.Run(CaseData.Make(row), target) is { Passed: true }, row.Id));
    }

    [Fact]
    public void Every_case_has_an_id_of_its_own()
        => Assert.Equal(ConformanceCases.All.Count, ConformanceCases.All.Select(row => row.Id).Distinct().Count());

    // Nearly all of the time a CPU driver compiles, for each device on one thread: it takes as many devices as there are processors.
    private ConformanceResult[] Run(ConformanceCase[] rows)
    {
        ConcurrentQueue<ConformanceCase> waiting = new(rows);
        ConcurrentBag<ConformanceResult> results = [];
        using GpuDevice first = Open();
        GpuDevice[] others = [.. Enumerable.Range(1, first.Snapshot.Kind == DeviceKind.Cpu ? Environment.ProcessorCount - 1 : 0).Select(_ => Open())];
        Parallel.ForEach([first, .. others], device =>
        {
            ConformanceRunner runner = new(device);
            while (waiting.TryDequeue(out ConformanceCase? row))
            {
                Array.ForEach([.. runner.Run(row)], results.Add);
            }
        });
        Array.ForEach(others, device => device.Dispose());
        return [.. results];
    }
}
