using System.Text;

namespace Hummingbird.Vulkan.Engine.Media;

/// <summary>Opens the sink that a path asks for.</summary>
public static class VideoSink
{
    /// <summary>The sidecar's name inside a folder of frames.</summary>
    public const string FolderSidecarName = "generation.json";

    private const int MaxNameBytes = 255;

    /// <summary>Where the metadata of the video at <paramref name="path"/> is kept beside it.</summary>
    /// <remarks>The whole name plus <c>.json</c>: out.json might be somebody's own.</remarks>
    public static string SidecarPath(string path) =>
        Directory.Exists(path) ? Path.Combine(path, FolderSidecarName) : path + ".json";

    /// <summary>
    /// Opens a sink for <paramref name="frames"/> frames of <paramref name="width"/> x <paramref name="height"/>.
    /// </summary>
    /// <param name="path">The output; its extension chooses the format (<see cref="VideoFormats.FromPath"/>).</param>
    /// <param name="fps">Frames per second, 1 to 1000.</param>
    /// <param name="metadata">Written into the file, where the format can hold it, and beside it; null for none.</param>
    /// <param name="note">
    /// Null, or what the user should know: without ffmpeg a video becomes an animated PNG of the same name, ending in .apng.
    /// </param>
    /// <param name="cancellation">Ends a running ffmpeg at once; the frame in flight then throws.</param>
    /// <exception cref="MediaException">The path cannot be written, or its extension is not known.</exception>
    public static IVideoSink Open(
        string path,
        int width,
        int height,
        int fps,
        int frames,
        GenerationMetadata? metadata,
        out string? note,
        CancellationToken cancellation = default) =>
        Open(path, new VideoShape(width, height, fps, frames), metadata, searchPath: null, out note, cancellation);

    /// <summary>Throws when nothing could be written at <paramref name="path"/>: to be called before any work.</summary>
    /// <exception cref="MediaException">Why not, and what to do.</exception>
    public static void CheckWritable(string path, int frames)
    {
        (path, VideoFormat format) = VideoFormats.Resolve(path, frames);
        bool isFolder = format == VideoFormat.PngFrames;
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (Encoding.UTF8.GetByteCount(Path.GetFileName(full)) > MaxNameBytes)
        {
            throw new MediaException($"Output '{path}': the name is longer than {MaxNameBytes} bytes.");
        }

        if (isFolder)
        {
            PngFramesWriter.CheckReplaceable(full);
        }

        string parent = Path.GetDirectoryName(full)
            ?? throw new MediaException($"Output '{path}' names no file. Name one, such as out.mp4.");
        string existing = parent;
        while (!Directory.Exists(existing))
        {
            if (File.Exists(existing))
            {
                throw new MediaException($"Output '{path}': '{existing}' is a file, not a folder.");
            }

            existing = Path.GetDirectoryName(existing)!;
        }

        Probe(path, existing);
    }

    internal static IVideoSink Open(
        string path,
        VideoShape shape,
        GenerationMetadata? metadata,
        string? searchPath,
        out string? note,
        CancellationToken cancellation)
    {
        shape.Check();
        CheckWritable(path, shape.Frames);
        (path, VideoFormat format) = VideoFormats.Resolve(path, shape.Frames);
        note = null;
        string? ffmpeg = null;
        if (format.NeedsFfmpeg() && (ffmpeg = UsableFfmpeg(format, searchPath, out string? problem)) is null)
        {
            string wanted = path;
            path = FreeApngPath(path);
            note = $"{problem}, so the video is written as an animated PNG, '{path}', and not as '{wanted}'. "
                + "Install ffmpeg (apt-get install ffmpeg) for mp4, webm, gif and webp.";
            format = VideoFormat.Apng;
        }

        try
        {
            IVideoSink sink = format switch
            {
                VideoFormat.PngFrames => new PngFramesWriter(path, shape.Width, shape.Height, metadata),
                VideoFormat.Apng => new ApngWriter(path, shape.Width, shape.Height, shape.Fps, shape.Frames, metadata),
                _ => new FfmpegWriter(
                    ffmpeg!, format, path, (shape.Width, shape.Height, shape.Fps), metadata, cancellation),
            };
            return new CheckedSink(sink, shape, format == VideoFormat.PngFrames ? null : metadata);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new MediaException($"Output '{path}' could not be opened: {error.Message}", error);
        }
    }

    private static string? UsableFfmpeg(VideoFormat format, string? searchPath, out string? problem)
    {
        string? ffmpeg = Ffmpeg.Find("ffmpeg", searchPath);
        problem = null;
        if (ffmpeg is null)
        {
            problem = "ffmpeg was not found";
        }
        else if (!Ffmpeg.HasEncoder(ffmpeg, Ffmpeg.EncoderOf(format)))
        {
            problem = $"'{ffmpeg}' lacks the encoder {Ffmpeg.EncoderOf(format)}";
            ffmpeg = null;
        }

        return ffmpeg;
    }

    /// <summary>The path with .apng as its extension, numbered when taken: nobody asked for that file to be replaced.</summary>
    private static string FreeApngPath(string path)
    {
        string apng = Path.ChangeExtension(path, ".apng");
        for (int i = 1; File.Exists(apng); i++)
        {
            apng = Path.ChangeExtension(path, null) + $"-{i}.apng";
        }

        return apng;
    }

    private static void Probe(string path, string folder)
    {
        string probe = Path.Combine(folder, StagedFile.NewStagingName());
        try
        {
            using var stream = new FileStream(
                probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new MediaException(
                $"Output '{path}' cannot be written: {error.Message} Choose a folder you may write to.", error);
        }
    }
}
