namespace Hummingbird.Vulkan.Kernels;

/// <summary>How the matrix core fetches and multiplies; see shaders/common for each family's source.</summary>
public enum MatrixFamily
{
    /// <summary>64-bit gathers and subgroup broadcasts, no shared memory: CPU drivers that cannot see uniform addresses (Mesa up to 25).</summary>
    Gather,

    /// <summary>Shared-memory tiles: any GPU.</summary>
    Tiled,

    /// <summary>As <see cref="Tiled"/>, with products of fp16 summed in packed fp16 for 16 k before they are summed in fp32; fp16 storage only.</summary>
    TiledPacked,

    /// <summary>Shared-memory tiles multiplied by cooperative matrices (tensor cores, WMMA); fp16 storage, else as <see cref="Tiled"/>.</summary>
    CoopMatrix,

    /// <summary>Loads from uniform addresses, merged into vector loads: CPU drivers that can see them (Mesa from 26 on).</summary>
    LoadVector,
}

/// <summary>A cooperative matrix multiplication of fp16 that is summed in fp32: D[M,N] += A[M,K] B[K,N].</summary>
/// <param name="M">Rows; like <paramref name="N"/> a multiple of 8.</param>
/// <param name="K">8, 16 or 32.</param>
/// <param name="SubgroupSize">Lanes of the subgroups that multiply.</param>
public sealed record CooperativeTile(int M, int N, int K, int SubgroupSize);

/// <summary>The facts about a device that kernels plan with. Pure data, decided by the engine's device plan.</summary>
/// <param name="SubgroupSize">Lanes of a subgroup as the shaders will see them.</param>
/// <param name="Matrix">Family of the matrix core.</param>
/// <param name="MaxWorkgroupInvocations">maxComputeWorkGroupInvocations.</param>
/// <param name="MaxWorkgroupCount">The smallest of maxComputeWorkGroupCount; Vulkan guarantees 65,535.</param>
/// <param name="SharedMemoryBytes">maxComputeSharedMemorySize.</param>
/// <param name="IsCpu">The device is a CPU driver: no latency to hide, so few large workgroups.</param>
/// <param name="Tiles">Which tile multiplies which product; null: the default table.</param>
/// <param name="Cooperative">The cooperative matrix that <see cref="MatrixFamily.CoopMatrix"/> multiplies with; null where there is none.</param>
/// <param name="WinogradTile">The largest output tile of Winograd convolutions, 2 or 4; 0 for none.</param>
/// <param name="VectorRegisters">Of a CPU driver's processor: sums that overflow them go through memory.</param>
/// <param name="MergesLoads">The driver makes vector loads of loads from uniform addresses, as <see cref="MatrixFamily.LoadVector"/> would have it.</param>
public sealed record KernelTarget(
    int SubgroupSize,
    MatrixFamily Matrix,
    int MaxWorkgroupInvocations = 1024,
    int MaxWorkgroupCount = 65_535,
    int SharedMemoryBytes = 32_768,
    bool IsCpu = false,
    TileTable? Tiles = null,
    CooperativeTile? Cooperative = null,
    int WinogradTile = 0,
    int VectorRegisters = 32,
    bool MergesLoads = true);
