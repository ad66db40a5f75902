namespace Hummingbird.Vulkan.Kernels;

/// <summary>How the matrix core fetches and multiplies; see shaders/common for each family's source.</summary>
public enum MatrixFamily
{
    /// <summary>64-bit gathers and subgroup broadcasts, no shared memory: CPU drivers that cannot see uniform addresses (Mesa up to 25).</summary>
    Gather,

    /// <summary>Shared-memory tiles: any GPU.</summary>
    Tiled,
}

/// <summary>The facts about a device that kernels plan with. Pure data, decided by the engine's device plan.</summary>
/// <param name="SubgroupSize">Lanes of a subgroup as the shaders will see them.</param>
/// <param name="Matrix">Family of the matrix core.</param>
/// <param name="MaxWorkgroupInvocations">maxComputeWorkGroupInvocations.</param>
/// <param name="MaxWorkgroupCount">The smallest of maxComputeWorkGroupCount; Vulkan guarantees 65,535.</param>
/// <param name="SharedMemoryBytes">maxComputeSharedMemorySize.</param>
/// <param name="IsCpu">The device is a CPU driver: no latency to hide, so few large workgroups.</param>
/// <param name="Tiles">Which tile multiplies which product; null: the default table.</param>
public sealed record KernelTarget(
    int SubgroupSize,
    MatrixFamily Matrix,
    int MaxWorkgroupInvocations = 1024,
    int MaxWorkgroupCount = 65_535,
    int SharedMemoryBytes = 32_768,
    bool IsCpu = false,
    TileTable? Tiles = null);
