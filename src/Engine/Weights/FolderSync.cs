using System.Runtime.InteropServices;

namespace Hummingbird.Vulkan.Engine.Weights;

/// <summary>What .NET has no call for: putting a folder's entries on the disk, and exchanging two folders in one step.</summary>
/// <remarks>Linux. Elsewhere both do nothing and say so: entries are then as safe as the system makes them.</remarks>
internal static partial class FolderSync
{
    private const int ReadOnly = 0, CurrentFolder = -100;
    private const uint Exchange = 2;

    /// <summary>Flushes the names in a folder, so that a rename survives a power cut.</summary>
    public static bool Flush(string folder)
    {
        if (!OperatingSystem.IsLinux())
            return false;
        int handle = Open(folder, ReadOnly);
        if (handle < 0)
            return false;
        bool done = Sync(handle) == 0;
        _ = Close(handle);
        return done;
    }

    /// <summary>Exchanges the names of two folders: no moment at which either name is missing. False where the system cannot.</summary>
    public static bool TryExchange(string a, string b) =>
        OperatingSystem.IsLinux() && Rename(CurrentFolder, a, CurrentFolder, b, Exchange) == 0;

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Sync(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int handle);

    [LibraryImport("libc", EntryPoint = "renameat2", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Rename(int fromFolder, string from, int toFolder, string to, uint flags);
}
