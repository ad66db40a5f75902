using Hummingbird.Vulkan.Engine.Interop;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Device;

/// <summary>The family of the matrix core and its tile, from a device's facts alone.</summary>
internal static class MatrixChoice
{
    private const uint Amd = 0x1002;
    private const int LavapipeLanes = 8;

    /// <summary>The fp16 matrix that is summed in fp32 and that the kernels can use; null where there is none.</summary>
    /// <remarks>None with the 16 lanes of lavapipe, which crashes when it compiles them. On AMD its subgroups have 64 lanes: the same throughput as 32, with half the registers for each lane.</remarks>
    public static CooperativeTile? Tile(DeviceSnapshot device, int subgroupSize)
    {
        if (!device.Features.CooperativeMatrix || !device.Features.ShaderFloat16 || !device.Features.StorageBuffer16BitAccess
            || !device.Extensions.Contains(CooperativeMatrixExtension.Name) || (device.Kind == DeviceKind.Cpu && subgroupSize > LavapipeLanes))
        {
            return null;
        }

        SubgroupFacts subgroup = device.Subgroup;
        int lanes = device.VendorId == Amd && subgroup.IsSizeSelectable ? Math.Max(subgroupSize, subgroup.MaxSize) : subgroupSize;
        return device.CooperativeMatrices
            .Where(m => m is { A: "f16", B: "f16", C: "f32", Result: "f32", Scope: "Subgroup" })
            .Where(m => m.M % 8 == 0 && m.N % 8 == 0 && m.K is 8 or 16 or 32)
            .Select(m => new CooperativeTile(m.M, m.N, m.K, lanes))
            .Where(tile => Fits(tile, device.Limits))
            .OrderBy(tile => tile is { M: 16, N: 16, K: 16 } ? 0 : 1)
            .ThenByDescending(tile => tile.M * tile.N)
            .FirstOrDefault();
    }

    public static (MatrixFamily Family, string Reason) Family(DeviceSnapshot device, DeviceOptions options, DType activations, CooperativeTile? tile)
    {
        if (options.Matrix == MatrixFamily.CoopMatrix && tile is null)
        {
            throw new DeviceUnsuitableException(
                $"{device.Name} cannot multiply by cooperative matrices: {CooperativeMatrixExtension.Name} with fp16 x fp16 -> fp32 in subgroups is missing. Leave the matrix family to the device plan.");
        }

        return (options.Matrix, device.Kind) switch
        {
            ({ } asked, _) => (asked, "asked for"),
            (_, DeviceKind.Cpu) when MergesLoads(device)
                => (MatrixFamily.LoadVector, $"the CPU driver of Mesa {device.MesaMajor} merges loads from uniform addresses into vector loads"),
            (_, DeviceKind.Cpu) => (MatrixFamily.Gather, "a CPU driver: shared memory is ordinary memory, and barriers cost"),
            (_, _) when tile is not null && activations == DType.F16 => (MatrixFamily.CoopMatrix,
                $"the device multiplies fp16 matrices of {tile.M}x{tile.N}x{tile.K} at once, in subgroups of {tile.SubgroupSize}"),
            _ when device.VendorId == Amd && activations == DType.F16 => (MatrixFamily.TiledPacked,
                "no cooperative matrices, but two fp16 multiplications per lane at once: tiles summed in packed fp16 for 16 k, then in fp32"),
            _ => (MatrixFamily.Tiled, "shared-memory tiles run on every GPU"),
        };
    }

    /// <summary>From Mesa 26 on lavapipe loads from a uniform address once, merges such loads, and multiplies and adds in one.</summary>
    public static bool MergesLoads(DeviceSnapshot device) => device is { Kind: DeviceKind.Cpu, DriverId: "MesaLlvmpipe", MesaMajor: >= 26 };

    /// <summary>The largest tile of Winograd convolutions; 0 for none. Graphs whose larger weights do not fit the budget use smaller ones.</summary>
    public static (int Tile, string Reason) WinogradTile(DeviceSnapshot device) => device.Kind == DeviceKind.Cpu
        ? (4, "a processor gains from fewer multiplications: large 3x3 convolutions take a quarter to a half of them, where memory allows the larger weights")
        : (0, "not tried on GPUs, whose matrix units gain less than the larger weights cost");

    // Shared memory of a workgroup: 8 M rows of A and 4 N columns of W, 80 bytes each; see shaders/common/matrix_coopmat.glsl.
    // What an invocation fetches must come out whole.
    private static bool Fits(CooperativeTile tile, DeviceLimits limits)
        => 4 * tile.SubgroupSize <= limits.MaxComputeWorkGroupInvocations
            && Math.Max(80 * ((8 * tile.M) + (4 * tile.N)), 8 * tile.M * (tile.N + 4) * sizeof(float)) <= limits.MaxComputeSharedMemorySize
            && 8 * tile.M % tile.SubgroupSize == 0 && 4 * tile.N % tile.SubgroupSize == 0;
}
