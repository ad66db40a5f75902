namespace Hummingbird.Vulkan.Engine.Media;

/// <summary>
/// A file that is written under a temporary name in its own folder and renamed when complete, so that a
/// reader sees the old file or the new one and never a half. Disposed without a commit it is removed.
/// </summary>
internal sealed class StagedFile : IDisposable
{
    private readonly string _target;

    /// <param name="target">The final path; missing folders above it are created.</param>
    public StagedFile(string target)
    {
        _target = Path.GetFullPath(target);
        string folder = Path.GetDirectoryName(_target)!;
        Directory.CreateDirectory(folder);
        StagingPath = Path.Combine(folder, NewStagingName() + Path.GetExtension(_target));
    }

    /// <summary>Where to write until <see cref="Commit"/>. It keeps the extension, by which ffmpeg goes.</summary>
    public string StagingPath { get; }

    /// <summary>Hidden, short whatever the target is called, and never in use.</summary>
    public static string NewStagingName() => $".hummingbird-{Guid.NewGuid():n}.partial";

    public FileStream Create() =>
        new(StagingPath, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 1 << 16);

    /// <summary>Puts the file on the disk, then renames it over the target.</summary>
    public void Commit()
    {
        using (var stream = new FileStream(StagingPath, FileMode.Open, FileAccess.ReadWrite))
        {
            stream.Flush(flushToDisk: true);
        }

        File.Move(StagingPath, _target, overwrite: true);
    }

    public void Dispose()
    {
        if (File.Exists(StagingPath))
        {
            File.Delete(StagingPath);
        }
    }
}
