using System.Text.Json;

namespace Hummingbird.Vulkan.Engine.Media;

/// <summary>Reads back what a video was made with.</summary>
public static class MetadataReader
{
    /// <summary>The keyword of the PNG text that holds the JSON.</summary>
    internal const string PngKeyword = "hummingbird";

    /// <summary>
    /// The metadata of a video file or a folder of frames: from the file itself (PNG text; an mp4 or webm
    /// comment, which takes ffprobe), else from the <c>.json</c> beside it. Null when there is none.
    /// </summary>
    /// <exception cref="MediaException">There is no such file, or it is damaged.</exception>
    public static GenerationMetadata? Read(string path)
    {
        try
        {
            if (Directory.Exists(path))
            {
                return FromSidecar(path) ?? FromFirstFrame(path);
            }

            return File.Exists(path)
                ? FromFile(path) ?? FromSidecar(path)
                : throw new MediaException($"There is no file '{path}'.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new MediaException($"'{path}' could not be read: {error.Message}", error);
        }
    }

    private static GenerationMetadata? FromFirstFrame(string folder)
    {
        string? first = Directory.EnumerateFiles(folder, "frame_*.png").Order(StringComparer.Ordinal).FirstOrDefault();
        return first is null ? null : FromFile(first);
    }

    private static GenerationMetadata? FromFile(string path)
    {
        using (var stream = File.OpenRead(path))
        {
            if (PngChunks.ReadTexts(stream, path) is { } texts)
            {
                return texts.TryGetValue(PngKeyword, out string? json) ? GenerationMetadata.FromJson(json) : null;
            }
        }

        return Path.GetExtension(path).ToLowerInvariant() is ".mp4" or ".webm" ? FromComment(path) : null;
    }

    private static GenerationMetadata? FromComment(string path)
    {
        string? answer = Ffmpeg.Find("ffprobe") is { } ffprobe
            ? Ffmpeg.Ask(ffprobe,
            [
                "-loglevel", "error", "-protocol_whitelist", "file",
                "-show_entries", "format_tags", "-of", "json", "file:" + Path.GetFullPath(path),
            ])
            : null;
        if (answer is null)
        {
            return null;
        }

        using var document = JsonDocument.Parse(answer);
        if (!document.RootElement.TryGetProperty("format", out var format) || !format.TryGetProperty("tags", out var tags))
        {
            return null;
        }

        foreach (var tag in tags.EnumerateObject())
        {
            // Matroska's tags are upper case.
            if (tag.Name.Equals("comment", StringComparison.OrdinalIgnoreCase) && tag.Value.GetString() is { } json)
            {
                return GenerationMetadata.FromJson(json);
            }
        }

        return null;
    }

    private static GenerationMetadata? FromSidecar(string path)
    {
        string sidecar = VideoSink.SidecarPath(path);
        return File.Exists(sidecar) ? GenerationMetadata.FromJson(File.ReadAllText(sidecar)) : null;
    }
}
