using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Vectors;
using Xunit;

namespace Hummingbird.Vulkan.Gpu.Tests;

/// <summary>The GPU executor against PyTorch, in fp32 and in fp16 storage.</summary>
public sealed class VectorTests : DeviceTestBase
{
    public enum Storage
    {
        Fp32,
        Fp16,
    }

    [Theory]
    [InlineData(Storage.Fp32)]
    [InlineData(Storage.Fp16)]
    public void Operations_match(Storage storage) => Check(storage, OperationVectors.Compare, Limits.Operation);

    [Theory]
    [InlineData(Storage.Fp32)]
    [InlineData(Storage.Fp16)]
    public void UNet_blocks_match(Storage storage) => Check(storage, ModelVectors.UNetBlocks, Limits.Block);

    [Theory]
    [InlineData(Storage.Fp32)]
    [InlineData(Storage.Fp16)]
    public void Vae_blocks_match(Storage storage) => Check(storage, ModelVectors.VaeBlocks, Limits.Block);

    [Theory]
    [InlineData(Storage.Fp32)]
    [InlineData(Storage.Fp16)]
    public void UNet_of_the_0_9B_topology_matches(Storage storage) => Check(storage, ModelVectors.UNetHb09, Limits.Network);

    [Theory]
    [InlineData(Storage.Fp32)]
    [InlineData(Storage.Fp16)]
    public void UNet_of_VideoCrafter2_matches(Storage storage) => Check(storage, ModelVectors.UNetVc2, Limits.Network);

    [Theory]
    [InlineData(Storage.Fp32)]
    [InlineData(Storage.Fp16)]
    public void Vae_matches(Storage storage) => Check(storage, ModelVectors.Vae, Limits.Network);

    [Theory]
    [InlineData(Storage.Fp32)]
    [InlineData(Storage.Fp16)]
    public void Text_tower_matches(Storage storage) => Check(storage, ModelVectors.TextTower, Limits.Block);

    [Theory]
    [InlineData(Storage.Fp32)]
    [InlineData(Storage.Fp16)]
    public void Four_step_trajectory_matches(Storage storage) => Check(storage, TrajectoryVectors.Compare, Limits.Network);

    [Theory]
    [InlineData(Storage.Fp32)]
    [InlineData(Storage.Fp16)]
    public void Guided_trajectory_matches(Storage storage) => Check(storage, GuidedTrajectoryVectors.Compare, Limits.Network);

    private void Check(
        Storage storage, Func<IGraphBackend, StorageTypes, IEnumerable<(string Name, Difference Difference)>> compare, double fp32Limit)
    {
        using GpuDevice device = Open();
        GpuBackend backend = new(device);
        if (storage == Storage.Fp32)
        {
            Limits.Check(compare(backend, StorageTypes.Single), fp32Limit);
        }
        else
        {
            Limits.Check(compare(backend, StorageTypes.Half), Limits.Half);
        }
    }
}
