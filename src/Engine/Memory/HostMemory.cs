using System.Runtime.InteropServices;

namespace Hummingbird.Vulkan.Engine.Memory;

/// <summary>Memory of this process that is no longer used, given back to the system.</summary>
public static unsafe class HostMemory
{
    private static readonly delegate* unmanaged<nuint, int> MallocTrim = FindTrim();

    /// <summary>Of the garbage collector and, where the C library can, of what native code has freed.</summary>
    public static void Trim()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        if (MallocTrim is not null)
        {
            _ = MallocTrim(0);
        }
    }

    /// <summary>Makes the system give every page of new memory now, not in the middle of the first step.</summary>
    public static void Touch(Span<byte> memory)
    {
        for (int i = 0; i < memory.Length; i += Environment.SystemPageSize)
        {
            memory[i] = 0;
        }
    }

    // glibc alone has it: it keeps what threads freed, 64 MiB for each of them.
    private static delegate* unmanaged<nuint, int> FindTrim()
        => OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libc.so.6", out nint library) && NativeLibrary.TryGetExport(library, "malloc_trim", out nint address)
            ? (delegate* unmanaged<nuint, int>)address
            : null;
}
