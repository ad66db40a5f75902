namespace Hummingbird.Vulkan.Engine.Weights;

/// <summary>Writes a file so that its path only ever holds the old contents or the complete new ones.</summary>
/// <remarks>A temporary file in the same folder is written, flushed to the disk, then renamed over the target. On any error it is
/// removed and an existing target stays as it was. A symbolic link is followed, so that the link itself survives.</remarks>
public static class AtomicFile
{
    /// <exception cref="IOException">The folder is missing, the disk is full, or the target is a folder, a pipe or a device.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        string target = Path.GetFullPath(path);
        if (Directory.Exists(target))
            throw new IOException($"{path} is a folder; name a file inside it.");
        if (SpecialFile.Is(target))
            throw new IOException($"{path} is a pipe or a device; name a file.");
        if (new FileInfo(target).LinkTarget is not null)
            target = File.ResolveLinkTarget(target, returnFinalTarget: true)!.FullName;
        string folder = Path.GetDirectoryName(target)!;
        if (!Directory.Exists(folder))
            throw new IOException($"{path} cannot be written: the folder {folder} does not exist.");

        // A random name: one left behind by a killed process never stands in the way.
        string temporary = Path.Combine(folder, $".{Path.GetRandomFileName()}.tmp");
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, target, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
