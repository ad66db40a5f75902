using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Hummingbird.Vulkan.Engine.Weights;

/// <summary>Pipes, devices and sockets: names a file may not take the place of. Renaming over one would remove it.</summary>
internal static partial class SpecialFile
{
    private const int CurrentFolder = -100, StatSize = 256, ModeOffset = 28;
    private const uint TypeMask = 1;
    private const ushort KindBits = 0xF000, Regular = 0x8000, Folder = 0x4000;

    /// <summary>Whether something other than a file or a folder has this name, links followed. Linux; elsewhere false.</summary>
    public static bool Is(string path)
    {
        if (!OperatingSystem.IsLinux())
            return false;
        // struct statx has one layout on every architecture.
        byte[] status = new byte[StatSize];
        if (Status(CurrentFolder, path, 0, TypeMask, status) != 0)
            return false;
        int kind = BinaryPrimitives.ReadUInt16LittleEndian(status.AsSpan(ModeOffset)) & KindBits;
        return kind is not (Regular or Folder);
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Status(int folder, string path, int flags, uint mask, [Out] byte[] status);
}
