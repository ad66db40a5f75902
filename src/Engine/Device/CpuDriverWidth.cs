using System.Globalization;
using System.Runtime.InteropServices;

namespace Hummingbird.Vulkan.Engine.Device;

/// <summary>How many bits of the processor's vectors Mesa's CPU driver computes with.</summary>
/// <remarks>
/// Left alone, lavapipe takes vectors of 256 bits, 8 lanes, whatever the processor has; with the 512 of AVX-512 products take half to four fifths of the
/// time (docs/kernels.md). It reads an environment variable each time an instance lists its devices, so an instance made first tells whether it is worth
/// setting. A user's own setting stands.
/// </remarks>
internal static partial class CpuDriverWidth
{
    /// <summary>Mesa's variable, in bits.</summary>
    public const string Variable = "LP_NATIVE_VECTOR_WIDTH";

    private const int WideBits = 512, BitsPerLane = 32, FirstWideMesa = 25;

    /// <summary>Whether a device would compute faster with wider vectors.</summary>
    /// <remarks>22.3.6 would take twice the time.</remarks>
    /// <param name="device">As the driver describes it now.</param>
    /// <param name="hasWideVectors">The processor has AVX-512.</param>
    /// <param name="setting">What the user's environment says, or null.</param>
    public static bool IsTooNarrow(DeviceSnapshot device, bool hasWideVectors, string? setting)
        => setting is null && hasWideVectors && device is { DriverId: "MesaLlvmpipe", MesaMajor: >= FirstWideMesa } && device.Subgroup.Size * BitsPerLane < WideBits;

    /// <summary>Has instances made from now on compute with wide vectors where that is faster; false where nothing changes.</summary>
    public static bool Widen(IEnumerable<DeviceSnapshot> devices)
    {
        string? setting = Environment.GetEnvironmentVariable(Variable);
        return OperatingSystem.IsLinux() && devices.Any(d => IsTooNarrow(d, HostProcessor.HasAvx512, setting))
            && SetVariable(Variable, WideBits.ToString(CultureInfo.InvariantCulture), overwrite: 0) == 0;
    }

    // .NET's own environment is a copy, which the driver does not see.
    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
