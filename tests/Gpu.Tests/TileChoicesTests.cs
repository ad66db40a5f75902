using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Conformance;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Kernels;
using Hummingbird.Vulkan.Kernels.Cases;
using Xunit;

namespace Hummingbird.Vulkan.Gpu.Tests;

/// <summary>Every tile that `tune` may choose computes what the default computes.</summary>
public sealed class TileChoicesTests : DeviceTestBase
{
    [Theory]
    [InlineData("matmul")]
    [InlineData("matmul(geglu)")]
    [InlineData("conv2d(kernel=3)")]
    [InlineData("conv2d(kernel=3,upsample)")]
    [InlineData("conv3d(kernel=3x1x1)")]
    public void Each_choice_comes_as_near_the_reference_as_it_must(string kernel)
    {
        using GpuDevice device = Open();
        ConformanceRunner runner = new(device);
        KernelTarget target = device.Plan.Target;
        ConformanceCase[] cases = [.. ConformanceCases.All.Where(c => c.Kernel.ToString() == kernel && c.Storage == DType.F32).Take(4)];
        Assert.NotEmpty(cases);
        foreach (CaseData data in cases.Select(CaseData.Make))
        {
            MatrixProblem problem = data.Case.Kernel.Product(data.Case.Specs())!.Value;
            ImmutableArray<MatrixTile> rivals = TileTable.Rivals(problem, target);
            Assert.NotEmpty(rivals);
            foreach (MatrixTile tile in rivals)
            {
                TileTable table = new(target.Matrix, ImmutableDictionary<string, MatrixTile>.Empty.Add(problem.Key, tile));
                ConformanceResult result = runner.Run(data, target with { Tiles = table });
                Assert.True(result.Passed, $"{tile}: {result}");
            }
        }
    }
}
