using System.Diagnostics;
using System.Runtime.Versioning;
using Hummingbird.Vulkan.Engine.Media;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Media;

/// <summary>What happens when things go wrong: nothing half-written, no process left, a clear word.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class VideoSinkTests
{
    private static readonly byte[][] Frames = TestVideo.Frames(32, 32, 4);

    [Theory]
    [InlineData("clip.mp4")]
    [InlineData("clip.webm")]
    [InlineData("clip.gif")]
    [InlineData("clip.webp")]
    [InlineData("clip.apng")]
    [InlineData("frames")]
    public void Dispose_without_complete_leaves_nothing(string name)
    {
        using var folder = new TempFolder();
        int? process;
        using (var sink = Open(folder[name], frames: 4, TestVideo.Metadata))
        {
            sink.WriteFrame(Frames[0]);
            sink.WriteFrame(Frames[1]);
            process = ProcessOf(sink);
        }

        Assert.Empty(folder.Entries);
        Assert.Equal(VideoFormats.FromPath(name).NeedsFfmpeg(), process is not null);
        AssertGone(process);
    }

    [Theory]
    [InlineData("clip.mp4")]
    [InlineData("clip.apng")]
    public void The_old_file_stays_until_the_new_one_is_complete(string name)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder[name], "old");
        using (var sink = Open(folder[name], frames: 1, null))
        {
            sink.WriteFrame(Frames[0]);
            Assert.Equal("old", File.ReadAllText(folder[name]));
        }

        Assert.Equal("old", File.ReadAllText(folder[name]));
        TestVideo.Write(folder[name], 32, 32, Frames);
        Assert.Equal([name], folder.Entries);
        Assert.Equal(4 * 32 * 32 * 3, TestVideo.Decode(folder[name]).Length);
    }

    [Fact]
    public void Cancellation_ends_ffmpeg_at_once_and_is_reported_as_such()
    {
        using var folder = new TempFolder();
        using var cancel = new CancellationTokenSource();
        int? process;
        using (var sink = Open(folder["clip.mp4"], frames: 4, null, cancel.Token))
        {
            sink.WriteFrame(Frames[0]);
            process = ProcessOf(sink);
            cancel.Cancel();
            AssertGone(process);
            Assert.ThrowsAny<OperationCanceledException>(() => sink.WriteFrame(Frames[1]));
        }

        Assert.Empty(folder.Entries);
    }

    [Fact]
    public void Cancellation_frees_a_write_that_waits_for_a_stuck_ffmpeg()
    {
        using var folder = new TempFolder();
        using var cancel = new CancellationTokenSource();
        string stuck = FakeFfmpeg(folder, "exec sleep 60");
        byte[] large = new byte[512 * 512 * 3]; // More than a pipe holds.
        using (var sink = OpenWith(stuck, folder["clip.mp4"], new VideoShape(512, 512, 8, 2), cancel.Token))
        {
            cancel.CancelAfter(TimeSpan.FromMilliseconds(300));
            var clock = Stopwatch.StartNew();
            Assert.ThrowsAny<OperationCanceledException>(() => sink.WriteFrame(large));
            Assert.InRange(clock.Elapsed.TotalSeconds, 0.1, 30);
        }

        Assert.Equal(["bin", "bin/ffmpeg"], folder.Entries);
    }

    [Fact]
    public void Ctrl_C_that_reaches_ffmpeg_first_is_a_cancellation_too()
    {
        using var folder = new TempFolder();
        using var cancel = new CancellationTokenSource();
        using (var sink = Open(folder["clip.mp4"], frames: 4, null, cancel.Token))
        {
            sink.WriteFrame(Frames[0]);
            using (var ffmpeg = Process.GetProcessById(ProcessOf(sink)!.Value))
            {
                TestVideo.Run("/bin/sh", "-c", $"kill -INT {ffmpeg.Id}");
                Assert.True(ffmpeg.WaitForExit(TimeSpan.FromSeconds(20)));
            }

            cancel.CancelAfter(TimeSpan.FromMilliseconds(200));
            Assert.ThrowsAny<OperationCanceledException>(() =>
            {
                foreach (byte[] frame in Frames[1..])
                {
                    sink.WriteFrame(frame);
                }

                sink.Complete();
            });
        }

        Assert.Empty(folder.Entries);
    }

    [Fact]
    public void Ffmpeg_killed_half_way_is_an_error_that_says_so()
    {
        using var folder = new TempFolder();
        using (var sink = Open(folder["clip.mp4"], frames: 4, TestVideo.Metadata))
        {
            sink.WriteFrame(Frames[0]);
            using (var process = Process.GetProcessById(ProcessOf(sink)!.Value))
            {
                process.Kill();
                process.WaitForExit(TimeSpan.FromSeconds(10));
            }

            var error = Assert.Throws<MediaException>(() =>
            {
                foreach (byte[] frame in Frames[1..])
                {
                    sink.WriteFrame(frame);
                }

                sink.Complete();
            });
            Assert.Contains("ffmpeg", error.Message, StringComparison.Ordinal);
            Assert.Contains("clip.mp4", error.Message, StringComparison.Ordinal);
        }

        Assert.Empty(folder.Entries);
    }

    [Fact]
    public void What_ffmpeg_complains_about_reaches_the_user()
    {
        using var folder = new TempFolder();
        string failing = FakeFfmpeg(folder, "echo 'the moon is in the way' >&2; cat >/dev/null; exit 3");
        using var sink = OpenWith(failing, folder["clip.mp4"], new VideoShape(32, 32, 8, 1), CancellationToken.None);
        sink.WriteFrame(Frames[0]);
        var error = Assert.Throws<MediaException>(sink.Complete);
        Assert.Contains("exit code 3", error.Message, StringComparison.Ordinal);
        Assert.Contains("the moon is in the way", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_chatty_ffmpeg_does_not_block()
    {
        using var folder = new TempFolder();
        string chatty = FakeFfmpeg(
            folder, "i=0; while [ $i -lt 5000 ]; do echo 'a line of no great interest, on stderr' >&2; i=$((i+1)); done; cat >/dev/null; exit 1");
        using var sink = OpenWith(chatty, folder["clip.mp4"], new VideoShape(32, 32, 8, 1), CancellationToken.None);
        sink.WriteFrame(Frames[0]);
        Assert.Throws<MediaException>(sink.Complete);
    }

    [Theory]
    [InlineData("clip.mp4")]
    [InlineData("clip.gif")]
    public void Without_ffmpeg_the_video_becomes_an_animated_png(string name)
    {
        using var folder = new TempFolder();
        string? note;
        using (var sink = OpenOn(searchPath: string.Empty, folder[name], out note))
        {
            Assert.Equal(folder["clip.apng"], sink.OutputPath);
            foreach (byte[] frame in Frames)
            {
                sink.WriteFrame(frame);
            }

            sink.Complete();
        }

        Assert.Contains("ffmpeg was not found", note, StringComparison.Ordinal);
        Assert.Contains(folder["clip.apng"], note, StringComparison.Ordinal);
        Assert.Equal(["clip.apng", "clip.apng.json"], folder.Entries);
        Assert.Equal(Frames.SelectMany(f => f), TestVideo.Decode(folder["clip.apng"]));
    }

    [Fact]
    public void Without_ffmpeg_nobody_elses_png_is_replaced()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["clip.apng"], "a picture of somebody's own");
        using var sink = OpenOn(searchPath: string.Empty, folder["clip.mp4"], out string? note);
        Assert.Equal(folder["clip-1.apng"], sink.OutputPath);
        Assert.Contains("clip-1.apng", note, StringComparison.Ordinal);
    }

    [Fact]
    public void An_ffmpeg_without_the_encoder_counts_as_none()
    {
        using var folder = new TempFolder();
        FakeFfmpeg(folder, "echo ' V..... mpeg4                MPEG-4 part 2'");
        using var sink = OpenOn(folder["bin"], folder["clip.mp4"], out string? note);
        Assert.EndsWith("clip.apng", sink.OutputPath, StringComparison.Ordinal);
        Assert.Contains("libx264", note, StringComparison.Ordinal);
    }

    [Fact]
    public void Ffmpeg_is_only_taken_from_absolute_folders()
    {
        using var folder = new TempFolder();
        string expected = FakeFfmpeg(folder, "exit 0");
        string relative = Path.GetRelativePath(Environment.CurrentDirectory, folder["bin"]);
        Assert.Equal(expected, Ffmpeg.Find("ffmpeg", string.Join(Path.PathSeparator, relative, folder["bin"])));
        Assert.Null(Ffmpeg.Find("ffmpeg", relative));
        File.SetUnixFileMode(expected, UnixFileMode.UserRead);
        Assert.Null(Ffmpeg.Find("ffmpeg", folder["bin"]));
    }

    [Fact]
    public void An_output_that_cannot_be_written_is_refused_before_any_work()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["file"], string.Empty);
        foreach (string path in new[]
        {
            Path.Combine(folder["file"], "clip.mp4"),
            Path.Combine(folder["file"], "deeper", "clip.apng"),
            folder["file"],
            "/proc/hummingbird.mp4",
            folder[new string('n', 252) + ".mp4"],
            "/",
        })
        {
            var error = Assert.Throws<MediaException>(() => VideoSink.CheckWritable(path, frames: 3));
            Assert.Contains(path, error.Message, StringComparison.Ordinal);
            Assert.Throws<MediaException>(() => Open(path, frames: 1, null));
        }

        Assert.Equal(["file"], folder.Entries);
    }

    [Fact]
    public void A_check_leaves_no_trace_and_missing_folders_are_made_for_the_video()
    {
        using var folder = new TempFolder();
        string path = folder["2026/spring/clip.apng"];
        VideoSink.CheckWritable(path, frames: 3);
        Assert.Empty(folder.Entries);
        TestVideo.Write(path, 32, 32, Frames);
        Assert.True(File.Exists(path));
    }

    [Fact]
    public void A_full_disk_is_an_error_that_names_the_file()
    {
        var error = Assert.Throws<MediaException>(() =>
        {
            using var sink = new CheckedSink(new FullDisk(), new VideoShape(32, 32, 8, 1), null);
            sink.WriteFrame(Frames[0]);
        });
        Assert.Contains("Frame 1 of 1", error.Message, StringComparison.Ordinal);
        Assert.Contains("full.png", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Frames_of_the_wrong_size_or_number_are_refused()
    {
        using var folder = new TempFolder();
        using var sink = Open(folder["clip.apng"], frames: 2, null);
        var error = Assert.Throws<ArgumentException>(() => sink.WriteFrame(new byte[5]));
        Assert.Contains("5 bytes", error.Message, StringComparison.Ordinal);
        Assert.Contains("3072", error.Message, StringComparison.Ordinal);
        sink.WriteFrame(Frames[0]);
        Assert.Throws<InvalidOperationException>(sink.Complete);
        sink.WriteFrame(Frames[1]);
        Assert.Throws<InvalidOperationException>(() => sink.WriteFrame(Frames[2]));
        sink.Complete();
        Assert.Throws<InvalidOperationException>(sink.Complete);
    }

    [Theory]
    [InlineData(0, 8, 8, 1)]
    [InlineData(8, -1, 8, 1)]
    [InlineData(8, 8, 0, 1)]
    [InlineData(8, 8, 8, 0)]
    [InlineData(60000, 60000, 8, 1)]
    public void Impossible_videos_are_refused(int width, int height, int fps, int frames) =>
        Assert.Throws<ArgumentException>(() => VideoSink.Open(
            "clip.apng", width, height, fps, frames, null, out _, TestContext.Current.CancellationToken));

    private static IVideoSink Open(
        string path, int frames, GenerationMetadata? metadata, CancellationToken? cancellation = null) =>
        VideoSink.Open(
            path, 32, 32, 8, frames, metadata, out _, cancellation ?? TestContext.Current.CancellationToken);

    private static IVideoSink OpenOn(string searchPath, string path, out string? note) =>
        VideoSink.Open(path, new VideoShape(32, 32, 8, 4), TestVideo.Metadata, searchPath, out note, CancellationToken.None);

    private static CheckedSink OpenWith(string ffmpeg, string path, VideoShape shape, CancellationToken cancellation) =>
        new(
            new FfmpegWriter(ffmpeg, VideoFormat.Mp4, path, (shape.Width, shape.Height, shape.Fps), null, cancellation),
            shape,
            null);

    /// <summary>A program called ffmpeg that does what <paramref name="script"/> says.</summary>
    private static string FakeFfmpeg(TempFolder folder, string script)
    {
        Directory.CreateDirectory(folder["bin"]);
        string path = folder["bin/ffmpeg"];
        File.WriteAllText(path, "#!/bin/sh\n" + script + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    private static int? ProcessOf(IVideoSink sink) => ((sink as CheckedSink)!.Inner as FfmpegWriter)?.ProcessId;

    private static void AssertGone(int? process)
    {
        if (process is { } id)
        {
            Assert.Throws<ArgumentException>(() => Process.GetProcessById(id));
        }
    }

    private sealed class FullDisk : IVideoSink
    {
        private readonly FileStream _full = new("/dev/full", FileMode.Open, FileAccess.Write, FileShare.None, 0);

        public string OutputPath => "full.png";

        public void WriteFrame(ReadOnlySpan<byte> rgb) => _full.Write(rgb);

        public void Complete() => _full.Flush();

        public void Dispose() => _full.Dispose();
    }
}
