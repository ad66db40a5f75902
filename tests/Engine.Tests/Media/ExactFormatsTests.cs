using Hummingbird.Vulkan.Engine.Media;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Media;

/// <summary>PNG, animated PNG and folders of PNG: ffmpeg decodes the very pixels that were written.</summary>
public sealed class ExactFormatsTests
{
    [Theory]
    [InlineData(64, 64, 8)]
    [InlineData(17, 9, 3)]
    [InlineData(1, 1, 2)]
    [InlineData(5, 31, 1)]
    public void Apng_keeps_every_pixel(int width, int height, int count)
    {
        using var folder = new TempFolder();
        byte[][] frames = TestVideo.Frames(width, height, count);
        Assert.Null(TestVideo.Write(folder["clip.apng"], width, height, frames, TestVideo.Metadata));
        Assert.Equal(frames.SelectMany(f => f), TestVideo.Decode(folder["clip.apng"]));
        var stream = TestVideo.Probe(folder["clip.apng"]);
        Assert.Equal(count > 1 ? "apng" : "png", stream.GetProperty("codec_name").GetString());
        Assert.Equal($"{count}", stream.GetProperty("nb_read_frames").GetString());
    }

    [Fact]
    public void Apng_plays_at_its_speed()
    {
        using var folder = new TempFolder();
        TestVideo.Write(folder["clip.apng"], 16, 16, TestVideo.Frames(16, 16, 6), fps: 12);
        Assert.Equal("12/1", TestVideo.Probe(folder["clip.apng"]).GetProperty("r_frame_rate").GetString());
    }

    [Fact]
    public void Apng_frames_that_do_not_change_are_frames_all_the_same()
    {
        using var folder = new TempFolder();
        byte[] still = TestVideo.Frames(20, 20, 1)[0];
        byte[] changed = [.. still];
        changed[((13 * 20) + 7) * 3] ^= 0x40; // One pixel, in the middle.
        byte[][] frames = [still, still, changed, changed, still];
        TestVideo.Write(folder["clip.apng"], 20, 20, frames);
        Assert.Equal(frames.SelectMany(f => f), TestVideo.Decode(folder["clip.apng"]));
    }

    [Fact]
    public void A_frame_compresses_better_than_its_raw_bytes_deflated()
    {
        byte[] rgb = TestVideo.Frames(64, 64, 1)[0];
        using var raw = new MemoryStream();
        using (var zlib = new System.IO.Compression.ZLibStream(raw, System.IO.Compression.CompressionLevel.Optimal, true))
        {
            zlib.Write(rgb);
        }

        using var png = new MemoryStream();
        PngWriter.Write(png, 64, 64, rgb);
        Assert.True(png.Length < raw.Length, $"{png.Length} bytes filtered, {raw.Length} unfiltered");
    }

    [Fact]
    public void A_folder_holds_numbered_frames_and_is_replaced_as_a_whole()
    {
        using var folder = new TempFolder();
        TestVideo.Write(folder["frames/"], 12, 7, TestVideo.Frames(12, 7, 5), TestVideo.Metadata);
        byte[][] frames = TestVideo.Frames(12, 7, 2);
        TestVideo.Write(folder["frames"], 12, 7, frames, TestVideo.Metadata);
        Assert.Equal(
            ["frames", "frames/frame_0001.png", "frames/frame_0002.png", "frames/generation.json"],
            folder.Entries);
        Assert.Equal(frames[1], TestVideo.Decode(folder["frames/frame_0002.png"]));
        Assert.Equal(TestVideo.Metadata, MetadataReader.Read(folder["frames"]));
        File.Delete(folder["frames/generation.json"]);
        Assert.Equal(TestVideo.Metadata, MetadataReader.Read(folder["frames"]));
    }

    [Fact]
    public void A_folder_with_other_files_is_left_alone()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["frames"]);
        File.WriteAllText(folder["frames/frame_0001.png"], "old");
        File.WriteAllText(folder["frames/thesis.tex"], "precious");
        var error = Assert.Throws<MediaException>(() => VideoSink.CheckWritable(folder["frames"], frames: 3));
        Assert.Contains("thesis.tex", error.Message, StringComparison.Ordinal);
        Assert.Throws<MediaException>(() => TestVideo.Write(folder["frames"], 8, 8, TestVideo.Frames(8, 8, 1)));
        Assert.Equal(["frames", "frames/frame_0001.png", "frames/thesis.tex"], folder.Entries);
    }

    [Fact]
    public void A_file_that_appears_in_the_folder_meanwhile_is_not_lost()
    {
        using var folder = new TempFolder();
        using (var sink = VideoSink.Open(
            folder["frames"], 8, 8, 8, 1, null, out _, TestContext.Current.CancellationToken))
        {
            sink.WriteFrame(TestVideo.Frames(8, 8, 1)[0]);
            Directory.CreateDirectory(folder["frames"]);
            File.WriteAllText(folder["frames/thesis.tex"], "precious");
            Assert.Throws<MediaException>(sink.Complete);
        }

        Assert.Equal(["frames", "frames/thesis.tex"], folder.Entries);
    }
}
