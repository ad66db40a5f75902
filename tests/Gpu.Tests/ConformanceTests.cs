using Hummingbird.Vulkan.Engine.Conformance;
using Hummingbird.Vulkan.Engine.Device;
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
        using GpuDevice device = Open();
        ConformanceRunner runner = new(device);
        ConformanceResult[] results = [.. ConformanceCases.All.Where(row => row.Kernel.Name == kernel).SelectMany(runner.Run)];
        ConformanceResult[] failures = [.. results.Where(r => !r.Passed)];
        Assert.NotEmpty(results);
        Assert.True(failures.Length == 0, $"{failures.Length} of {results.Length} cases failed:\n{string.Join('\n', failures.AsEnumerable())}");
    }

    [Fact]
    public void Every_case_has_an_id_of_its_own()
        => Assert.Equal(ConformanceCases.All.Count, ConformanceCases.All.Select(row => row.Id).Distinct().Count());
}
