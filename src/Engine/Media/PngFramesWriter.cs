using System.Text.RegularExpressions;

namespace Hummingbird.Vulkan.Engine.Media;

/// <summary>
/// A folder of PNG files, <c>frame_0001.png</c> on. Written to a folder beside it and renamed when complete.
/// A folder of frames from before is replaced; one that holds anything else is refused.
/// </summary>
internal sealed partial class PngFramesWriter : IVideoSink
{
    private readonly (int Width, int Height) _size;
    private readonly GenerationMetadata? _metadata;
    private readonly string _staging;
    private int _written;

    public PngFramesWriter(string path, int width, int height, GenerationMetadata? metadata)
    {
        OutputPath = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        CheckReplaceable(OutputPath);
        _size = (width, height);
        _metadata = metadata;
        _staging = Path.Combine(Path.GetDirectoryName(OutputPath)!, StagedFile.NewStagingName());
        Directory.CreateDirectory(_staging);
    }

    public string OutputPath { get; }

    /// <exception cref="MediaException">The folder holds files that are no frames of ours.</exception>
    public static void CheckReplaceable(string folder)
    {
        if (File.Exists(folder))
        {
            throw new MediaException($"Output '{folder}' is a file, not a folder for PNG frames. Choose another name.");
        }

        if (!Directory.Exists(folder))
        {
            return;
        }

        string? other = Directory.EnumerateFileSystemEntries(folder)
            .Select(entry => Path.GetFileName(entry))
            .FirstOrDefault(name => !FrameName().IsMatch(name) && name != VideoSink.FolderSidecarName);
        if (other is not null)
        {
            throw new MediaException(
                $"Output folder '{folder}' holds other things than frames ('{other}'). Name a new or an empty folder.");
        }
    }

    public void WriteFrame(ReadOnlySpan<byte> rgb)
    {
        _written++;
        using var stream = File.Create(Path.Combine(_staging, $"frame_{_written:d4}.png"));
        PngWriter.Write(stream, _size.Width, _size.Height, rgb, _metadata);
        stream.Flush(flushToDisk: true);
    }

    public void Complete()
    {
        if (_metadata is not null)
        {
            File.WriteAllText(Path.Combine(_staging, VideoSink.FolderSidecarName), _metadata.ToJson(indented: true));
        }

        CheckReplaceable(OutputPath); // Minutes have passed since the first look.
        if (Directory.Exists(OutputPath))
        {
            string old = Path.Combine(Path.GetDirectoryName(OutputPath)!, StagedFile.NewStagingName());
            Directory.Move(OutputPath, old);
            Directory.Move(_staging, OutputPath);
            Directory.Delete(old, recursive: true);
        }
        else
        {
            Directory.Move(_staging, OutputPath);
        }
    }

    public void Dispose()
    {
        if (Directory.Exists(_staging))
        {
            Directory.Delete(_staging, recursive: true);
        }
    }

    [GeneratedRegex(@"^frame_\d{4,}\.png$", RegexOptions.CultureInvariant)]
    private static partial Regex FrameName();
}
