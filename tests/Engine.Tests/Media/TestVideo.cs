using System.Diagnostics;
using System.Text.Json;
using Hummingbird.Vulkan.Engine.Media;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Media;

/// <summary>A folder for one test, removed after it.</summary>
internal sealed class TempFolder : IDisposable
{
    public TempFolder()
    {
        Path = Directory.CreateTempSubdirectory("hummingbird-media-").FullName;
    }

    public string Path { get; }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Names of all that is in it, hidden files too, in order.</summary>
    public string[] Entries => [.. Directory
        .EnumerateFileSystemEntries(Path, "*", SearchOption.AllDirectories)
        .Select(entry => System.IO.Path.GetRelativePath(Path, entry))
        .Order(StringComparer.Ordinal)];

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

/// <summary>A small moving picture with noise in it, and ffmpeg as the judge of what was written.</summary>
internal static class TestVideo
{
    public static GenerationMetadata Metadata { get; } = new()
    {
        Prompt = "a big red circle, \"moving\" right: it's 50 % – грибы 蜂鳥\nsecond line",
        NegativePrompt = "blur, noise",
        Seed = 1234567890123,
        Steps = 4,
        Frames = 5,
        Fps = 8,
        Width = 18,
        Height = 10,
        GuidanceScale = 7.5,
        Scheduler = "lcm",
        Precision = "fp16",
        Model = "models/my nano",
        ModelHash = "0123456789abcdef0123456789abcdef",
        EngineVersion = "0.1.0",
        Device = "llvmpipe (LLVM 15.0.6, 256 bits)",
        LatentsSha256 = "fedcba9876543210",
    };

    /// <summary>Frames <c>[H, W, 3]</c>: a gradient, a square that moves, and reproducible grey noise in one corner.</summary>
    public static byte[][] Frames(int width, int height, int count) => [.. Enumerable.Range(0, count).Select(t =>
    {
        byte[] rgb = new byte[width * height * 3];
        uint noise = 12345;
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                noise = (noise * 1664525) + 1013904223;
                bool square = x >= t && x < t + 4 && y < 6;
                bool noisy = x > width / 2 && y > height / 2;
                int i = ((y * width) + x) * 3;
                rgb[i] = square ? (byte)250 : (byte)(x * 255 / width);
                rgb[i + 1] = (byte)(y * 255 / height);
                rgb[i + 2] = square ? (byte)10 : (byte)128;
                if (noisy)
                {
                    rgb.AsSpan(i, 3).Fill((byte)(noise >> 24));
                }
            }
        }

        return rgb;
    })];

    /// <summary>Frames of one colour each: what a lossy codec keeps well.</summary>
    public static byte[][] Plain(int width, int height, params (byte R, byte G, byte B)[] colours) =>
        [.. colours.Select(c => Enumerable.Repeat(new[] { c.R, c.G, c.B }, width * height).SelectMany(p => p).ToArray())];

    public static string? Write(
        string path, int width, int height, byte[][] frames, GenerationMetadata? metadata = null, int fps = 8)
    {
        using var sink = VideoSink.Open(
            path, width, height, fps, frames.Length, metadata, out string? note, TestContext.Current.CancellationToken);
        foreach (byte[] frame in frames)
        {
            sink.WriteFrame(frame);
        }

        sink.Complete();
        return note;
    }

    /// <summary>All frames as ffmpeg decodes them, joined: RGB8.</summary>
    public static byte[] Decode(string path) => Run(
        Program("ffmpeg"),
        "-nostdin", "-loglevel", "error", "-i", "file:" + path,
        "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1");

    /// <summary>What ffprobe says about the video stream, with the frames counted by decoding them.</summary>
    public static JsonElement Probe(string path)
    {
        byte[] json = Run(
            Program("ffprobe"), "-loglevel", "error", "-count_frames", "-show_streams", "-of", "json", "file:" + path);
        return JsonDocument.Parse(json).RootElement.GetProperty("streams")[0];
    }

    /// <summary>A program's standard output; it has to succeed.</summary>
    public static byte[] Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        using var output = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(output);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output.ToArray();
    }

    public static string Program(string name) =>
        Ffmpeg.Find(name) ?? throw new InvalidOperationException($"These tests need {name} on the PATH; ./test installs it.");
}
