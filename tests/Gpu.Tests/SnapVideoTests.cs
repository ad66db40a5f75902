using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Vectors;
using Xunit;

namespace Hummingbird.Vulkan.Gpu.Tests;

/// <summary>Snap Video on the GPU executor against PyTorch.</summary>
public sealed class SnapVideoTests : DeviceTestBase
{
    [Fact]
    public void Everything_matches_in_fp32()
    {
        using GpuDevice device = Open();
        GpuBackend backend = new(device);
        Limits.Check(SnapVectors.Layers(backend, StorageTypes.Single), Limits.Block);
        Limits.Check(Networks(backend, StorageTypes.Single), Limits.Network);
        Limits.Check(T5Vectors.Compare(backend, StorageTypes.Single), Limits.Block);
        Limits.Check(SnapTrajectoryVectors.Sampler(backend, StorageTypes.Single), Limits.Network);
        Limits.Check(SnapTrajectoryVectors.Cascade(backend, StorageTypes.Single), Limits.Network);
    }

    /// <summary>The reference itself moves by 0.004 on the trajectory when its weights are rounded to fp16.</summary>
    [Fact]
    public void Everything_matches_in_fp16()
    {
        using GpuDevice device = Open();
        GpuBackend backend = new(device);
        Limits.Check(SnapVectors.Layers(backend, StorageTypes.Half), Limits.Half);
        Limits.Check(Networks(backend, StorageTypes.Half), Limits.Half);
        Limits.Check(SnapTrajectoryVectors.Sampler(backend, StorageTypes.Half), 2 * Limits.Half);
    }

    private static IEnumerable<(string, Difference)> Networks(GpuBackend backend, StorageTypes storage) =>
    [
        .. SnapVectors.FirstStage(backend, storage), .. SnapVectors.LocalVariant(backend, storage), .. SnapVectors.SecondStage(backend, storage),
    ];
}
