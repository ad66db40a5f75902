using Hummingbird.Vulkan.Engine.Media;

namespace Hummingbird.Vulkan.Engine.Evaluation;

/// <summary>Reads clips back: a folder of PNG frames in the order of their names, or whatever video ffmpeg reads.</summary>
public static class ClipReader
{
    private const int MaxFrames = 1024, MaxSide = 4096;
    private const long MaxBytes = 1L << 30;

    /// <exception cref="MediaException">It is no clip, damaged, or too large.</exception>
    public static Clip Read(string path)
    {
        if (Directory.Exists(path))
        {
            string[] files = [.. Directory.EnumerateFiles(path, "*.png").Order(StringComparer.Ordinal).Take(MaxFrames)];
            return Join(path, files.Select(f =>
            {
                using FileStream stream = File.OpenRead(f);
                return PngReader.Read(stream, f);
            }));
        }

        if (!File.Exists(path))
        {
            throw new MediaException($"'{path}' does not exist: give a video or a folder of PNG frames.");
        }

        string ffmpeg = Ffmpeg.Find() ?? throw new MediaException($"'{path}' needs ffmpeg to be read, and there is none on the PATH; a folder of PNG frames needs none.");
        return Join(path, Decode(ffmpeg, path));
    }

    private static IEnumerable<PngImage> Decode(string ffmpeg, string path)
    {
        string[] arguments =
        [
            "-nostdin", "-hide_banner", "-loglevel", "error", "-i", path, "-frames:v", $"{MaxFrames}", "-f", "image2pipe", "-c:v", "png", "-pix_fmt", "rgb24", "-",
        ];
        using System.Diagnostics.Process process = Ffmpeg.Start(ffmpeg, arguments);
        process.StandardInput.Close();
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        using Stream stream = new BufferedStream(process.StandardOutput.BaseStream, 1 << 16);
        try
        {
            while (PngReader.TryRead(stream, path) is { } frame)
            {
                yield return frame;
            }
        }
        finally
        {
            Ffmpeg.Kill(process);
        }
    }

    private static Clip Join(string path, IEnumerable<PngImage> images)
    {
        List<byte[]> frames = [];
        (int Width, int Height) size = default;
        foreach (PngImage image in images)
        {
            size = frames.Count == 0 ? (image.Width, image.Height) : size;
            if (size != (image.Width, image.Height) || Math.Max(image.Width, image.Height) > MaxSide || (frames.Count + 1L) * image.Rgb.Length > MaxBytes)
            {
                throw new MediaException($"'{path}' has frames of different sizes, or is larger than {MaxSide} pixels a side or {MaxBytes >> 20} MiB: {image.Width} x {image.Height}.");
            }

            frames.Add(image.Rgb);
        }

        return frames.Count > 0 ? new(frames, size.Width, size.Height) : throw new MediaException($"'{path}' holds no frame that can be read.");
    }
}
