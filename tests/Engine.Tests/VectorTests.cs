using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Vectors;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests;

/// <summary>The reference executor against PyTorch.</summary>
public sealed class VectorTests
{
    private static readonly ReferenceBackend Backend = new();

    [Fact]
    public void Operations_match() => Limits.Check(OperationVectors.Compare(Backend, StorageTypes.Single), Limits.Operation);

    [Fact]
    public void UNet_blocks_match() => Limits.Check(ModelVectors.UNetBlocks(Backend, StorageTypes.Single), Limits.Block);

    [Fact]
    public void Vae_blocks_match() => Limits.Check(ModelVectors.VaeBlocks(Backend, StorageTypes.Single), Limits.Block);

    [Fact]
    public void UNet_of_the_0_9B_topology_matches() => Limits.Check(ModelVectors.UNetHb09(Backend, StorageTypes.Single), Limits.Network);

    [Fact]
    public void UNet_of_VideoCrafter2_matches() => Limits.Check(ModelVectors.UNetVc2(Backend, StorageTypes.Single), Limits.Network);

    [Fact]
    public void Vae_matches() => Limits.Check(ModelVectors.Vae(Backend, StorageTypes.Single), Limits.Network);

    [Fact]
    public void Text_tower_matches() => Limits.Check(ModelVectors.TextTower(Backend, StorageTypes.Single), Limits.Block);

    [Fact]
    public void Four_step_trajectory_matches() => Limits.Check(TrajectoryVectors.Compare(Backend, StorageTypes.Single), Limits.Network);

    [Fact]
    public void Guided_trajectory_matches() => Limits.Check(GuidedTrajectoryVectors.Compare(Backend, StorageTypes.Single), Limits.Network);
}
