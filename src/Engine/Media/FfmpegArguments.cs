namespace Hummingbird.Vulkan.Engine.Media;

/// <summary>The command line of one encoding: raw RGB8 frames on stdin, one file out. Pixels are never scaled.</summary>
internal static class FfmpegArguments
{
    /// <summary>Linux takes no single argument over 128 KiB; a longer text goes to the sidecar file alone.</summary>
    private const int MaxCommentLength = 60_000;

    public static List<string> For(
        VideoFormat format, int width, int height, int fps, GenerationMetadata? metadata, string output)
    {
        List<string> arguments =
        [
            "-hide_banner", "-nostdin", "-loglevel", "error", "-y",
            "-protocol_whitelist", "file,pipe",
            "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", $"{width}x{height}", "-r", $"{fps}", "-i", "pipe:0",
            "-an",
        ];
        arguments.AddRange(Encoding(format, width, height));
        if (format is VideoFormat.Mp4 or VideoFormat.WebM && metadata?.ToJson() is { Length: <= MaxCommentLength } json)
        {
            arguments.AddRange(["-metadata", "comment=" + json]);
        }

        // "file:" keeps a name with a colon in it from being read as a protocol.
        arguments.Add("file:" + output);
        return arguments;
    }

    private static string[] Encoding(VideoFormat format, int width, int height)
    {
        // Every player takes 4:2:0, which halves the sides of the colour planes; an odd size is kept as 4:4:4.
        string pixels = width % 2 == 0 && height % 2 == 0 ? "yuv420p" : "yuv444p";
        string toYuv = $"scale=out_color_matrix=bt709:out_range=tv:flags=accurate_rnd+full_chroma_int,format={pixels}";
        string[] colours =
        [
            "-vf", toYuv, "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv",
        ];
        return format switch
        {
            VideoFormat.Mp4 =>
                [.. colours, "-c:v", "libx264", "-preset", "medium", "-crf", "10", "-movflags", "+faststart", "-f", "mp4"],
            VideoFormat.WebM =>
            [
                .. colours, "-c:v", "libvpx-vp9", "-crf", "15", "-b:v", "0", "-deadline", "good", "-cpu-used", "2",
                "-row-mt", "1", "-f", "webm",
            ],
            VideoFormat.Gif =>
            [
                "-filter_complex",
                "split[a][b];[a]palettegen=reserve_transparent=0[p];[b][p]paletteuse=dither=sierra2_4a",
                "-loop", "0", "-f", "gif",
            ],
            VideoFormat.WebP => ["-c:v", "libwebp_anim", "-quality", "92", "-loop", "0", "-f", "webp"],
            _ => throw new ArgumentOutOfRangeException(nameof(format), format, "This format needs no ffmpeg."),
        };
    }
}
