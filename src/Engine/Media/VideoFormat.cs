namespace Hummingbird.Vulkan.Engine.Media;

/// <summary>What a video is written as. The output path's extension chooses.</summary>
public enum VideoFormat
{
    /// <summary>H.264 in MP4, through ffmpeg.</summary>
    Mp4,

    /// <summary>VP9 in WebM, through ffmpeg.</summary>
    WebM,

    /// <summary>GIF with one palette for the whole clip, through ffmpeg.</summary>
    Gif,

    /// <summary>Animated WebP, through ffmpeg.</summary>
    WebP,

    /// <summary>Animated PNG: every pixel exact. A single frame is a plain PNG.</summary>
    Apng,

    /// <summary>A folder of <c>frame_0001.png</c>, <c>frame_0002.png</c>...: every pixel exact.</summary>
    PngFrames,
}

/// <summary>From paths to formats and back.</summary>
public static class VideoFormats
{
    private static readonly (string Extension, VideoFormat Format)[] Known =
    [
        (".mp4", VideoFormat.Mp4),
        (".webm", VideoFormat.WebM),
        (".gif", VideoFormat.Gif),
        (".webp", VideoFormat.WebP),
        (".png", VideoFormat.PngFrames),
        (".apng", VideoFormat.Apng),
    ];

    /// <summary>
    /// The format that <paramref name="path"/> asks for. <c>.png</c>, a path without extension, one that ends in a
    /// separator, or a folder that exists means a folder of PNG frames.
    /// </summary>
    /// <exception cref="MediaException">The path is empty or its extension is none of ours.</exception>
    public static VideoFormat FromPath(string path)
    {
        if (string.IsNullOrWhiteSpace(path))
        {
            throw new MediaException("The output path is empty. Name a file such as out.mp4.");
        }

        string extension = Path.GetExtension(path);
        if (Path.EndsInDirectorySeparator(path) || extension.Length == 0 || Directory.Exists(path))
        {
            return VideoFormat.PngFrames;
        }

        foreach (var (known, format) in Known)
        {
            if (extension.Equals(known, StringComparison.OrdinalIgnoreCase))
            {
                return format;
            }
        }

        throw new MediaException(
            $"Output '{path}': the extension '{extension}' is not known. Use one of "
            + string.Join(" ", Known.Select(k => k.Extension))
            + ", or a name without extension for a folder of PNG frames.");
    }

    /// <summary>Where and as what a video of so many frames is written: <c>clip.png</c> is the folder <c>clip</c>, or for a single
    /// frame that very file.</summary>
    /// <exception cref="MediaException">As <see cref="FromPath"/>.</exception>
    public static (string Path, VideoFormat Format) Resolve(string path, int frames)
    {
        VideoFormat format = FromPath(path);
        bool isPngName = format == VideoFormat.PngFrames && !Directory.Exists(path)
            && Path.GetExtension(path).Equals(".png", StringComparison.OrdinalIgnoreCase);
        return (isPngName, frames) switch
        {
            (false, _) => (path, format),
            (true, 1) => (path, VideoFormat.Apng),
            _ => (Path.ChangeExtension(path, null), format),
        };
    }

    /// <summary>True for the formats that an ffmpeg process encodes.</summary>
    public static bool NeedsFfmpeg(this VideoFormat format) =>
        format is VideoFormat.Mp4 or VideoFormat.WebM or VideoFormat.Gif or VideoFormat.WebP;
}
