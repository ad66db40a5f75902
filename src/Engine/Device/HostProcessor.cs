using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Hummingbird.Vulkan.Engine.Device;

/// <summary>The processor this process runs on, which is also what CPU drivers compute on.</summary>
internal static class HostProcessor
{
    public static bool HasAvx512 => Avx512F.VL.IsSupported;

    /// <summary>32 with AVX-512 or on Arm, else 16.</summary>
    public static int VectorRegisters => HasAvx512 || AdvSimd.IsSupported ? 32 : 16;
}
