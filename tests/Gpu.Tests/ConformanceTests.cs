using Hummingbird.Vulkan.Engine.Conformance;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Kernels;
using Hummingbird.Vulkan.Kernels.Cases;
using Xunit;

namespace Hummingbird.Vulkan.Gpu.Tests;

/// <summary>The whole conformance suite on this machine's device: one test per kernel and matrix family.</summary>
public sealed class ConformanceTests : DeviceTestBase
{
    // Which families there are depends on the device; asked without opening it, since tests are listed before they run.
    private static readonly KernelTarget Target = FindTarget();

    public static TheoryData<string, MatrixFamily> Kernels()
    {
        TheoryData<string, MatrixFamily> rows = [];
        foreach ((string kernel, MatrixFamily family) in ConformanceCases.All
            .SelectMany(row => ConformanceRunner.Targets(row, Target).Select(target => (row.Kernel.Name, target.Matrix)))
            .Distinct())
        {
            rows.Add(kernel, family);
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Every_case_comes_as_near_the_reference_as_it_must(string kernel, MatrixFamily family)
    {
        using GpuDevice device = Open();
        ConformanceRunner runner = new(device);
        (ConformanceCase Row, KernelTarget[] Variants)[] cases =
        [
            .. ConformanceCases.All.Where(row => row.Kernel.Name == kernel)
                .Select(row => (row, ConformanceRunner.Targets(row, Target).Where(t => t.Matrix == family).ToArray()))
                .Where(c => c.Item2.Length > 0),
        ];
        Assert.NotEmpty(cases);
        List<ConformanceResult> results = [];
        foreach ((ConformanceCase row, KernelTarget[] variants) in cases)
        {
            CaseData data = CaseData.Make(row);
            results.AddRange(variants.Select(v => runner.Run(data, device.Plan.Target with { Matrix = family, WinogradTile = v.WinogradTile })));
        }

        ConformanceResult[] failures = [.. results.Where(r => !r.Passed)];
        Assert.True(failures.Length == 0, $"{failures.Length} of {results.Count} cases failed:\n{string.Join('\n', failures.AsEnumerable())}");
    }

    [Fact]
    public void Every_case_has_an_id_of_its_own()
        => Assert.Equal(ConformanceCases.All.Count, ConformanceCases.All.Select(row => row.Id).Distinct().Count());

    private static KernelTarget FindTarget()
    {
        using VulkanInstance vulkan = VulkanInstance.Create();
        return DevicePlan.Decide(vulkan.Snapshots[DeviceSelection.Choose(vulkan.Snapshots, Options.Selector).Index], Options).Target;
    }
}
