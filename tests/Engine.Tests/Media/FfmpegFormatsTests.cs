using System.Buffers.Binary;
using System.Text;
using Hummingbird.Vulkan.Engine.Media;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Media;

/// <summary>mp4, webm, gif and webp: frame count, size, speed and colours survive.</summary>
public sealed class FfmpegFormatsTests
{
    private static readonly (byte R, byte G, byte B)[] Colours =
        [(255, 0, 0), (0, 200, 0), (10, 20, 240), (255, 255, 255), (0, 0, 0), (200, 120, 40)];

    [Theory]
    [InlineData("mp4", "h264", "yuv420p", 64, 64)]
    [InlineData("mp4", "h264", "yuv444p", 33, 18)]
    [InlineData("mp4", "h264", "yuv444p", 18, 33)]
    [InlineData("webm", "vp9", "yuv420p", 64, 64)]
    [InlineData("webm", "vp9", "yuv444p", 33, 17)]
    public void Colours_frames_and_size_survive(string extension, string codec, string pixels, int width, int height)
    {
        using var folder = new TempFolder();
        string path = folder["clip." + extension];
        byte[][] frames = TestVideo.Plain(width, height, Colours);
        Assert.Null(TestVideo.Write(path, width, height, frames, TestVideo.Metadata));

        var stream = TestVideo.Probe(path);
        Assert.Equal(codec, stream.GetProperty("codec_name").GetString());
        Assert.Equal(pixels, stream.GetProperty("pix_fmt").GetString());
        Assert.Equal("bt709", stream.GetProperty("color_space").GetString());
        Assert.Equal((width, height), (stream.GetProperty("width").GetInt32(), stream.GetProperty("height").GetInt32()));
        Assert.Equal($"{frames.Length}", stream.GetProperty("nb_read_frames").GetString());
        Assert.Equal("8/1", stream.GetProperty("r_frame_rate").GetString());
        AssertClose(frames, TestVideo.Decode(path), tolerance: 6);
        Assert.Equal([Path.GetFileName(path), Path.GetFileName(path) + ".json"], folder.Entries);
    }

    [Fact]
    public void A_moving_picture_in_mp4_is_near_the_original()
    {
        using var folder = new TempFolder();
        byte[][] frames = TestVideo.Frames(64, 64, 8);
        TestVideo.Write(folder["clip.mp4"], 64, 64, frames);
        byte[] decoded = TestVideo.Decode(folder["clip.mp4"]);
        double squares = frames.SelectMany(f => f).Zip(decoded, (a, b) => (double)(a - b) * (a - b)).Average();
        double psnr = 10 * Math.Log10(255 * 255 / squares);
        Assert.True(psnr > 30, $"PSNR {psnr:f1} dB");
    }

    [Fact]
    public void Mp4_can_start_playing_before_it_is_all_there()
    {
        using var folder = new TempFolder();
        TestVideo.Write(folder["clip.mp4"], 32, 32, TestVideo.Frames(32, 32, 3));
        string file = Encoding.Latin1.GetString(File.ReadAllBytes(folder["clip.mp4"]));
        Assert.InRange(file.IndexOf("moov", StringComparison.Ordinal), 0, file.IndexOf("mdat", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(64, 64)]
    [InlineData(15, 9)]
    public void Gif_of_few_colours_is_exact(int width, int height)
    {
        using var folder = new TempFolder();
        byte[][] frames = TestVideo.Plain(width, height, Colours);
        Assert.Null(TestVideo.Write(folder["clip.gif"], width, height, frames, TestVideo.Metadata, fps: 10));
        AssertClose(frames, TestVideo.Decode(folder["clip.gif"]), tolerance: 0);
        Assert.Contains("NETSCAPE2.0", Encoding.Latin1.GetString(File.ReadAllBytes(folder["clip.gif"])), StringComparison.Ordinal);
        Assert.Equal(TestVideo.Metadata, MetadataReader.Read(folder["clip.gif"]));
    }

    [Theory]
    [InlineData(64, 48)]
    [InlineData(21, 13)]
    public void Webp_holds_all_frames_and_loops(int width, int height)
    {
        using var folder = new TempFolder();
        Assert.Null(TestVideo.Write(
            folder["clip.webp"], width, height, TestVideo.Plain(width, height, Colours), TestVideo.Metadata));

        // RIFF container (RFC 9649), read here since Debian's ffmpeg only writes animated WebP.
        byte[] file = File.ReadAllBytes(folder["clip.webp"]);
        var chunks = new List<(string Name, int Offset)>();
        for (int at = 12; at + 8 <= file.Length;)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at + 4));
            chunks.Add((Encoding.ASCII.GetString(file, at, 4), at + 8));
            at += 8 + length + (length & 1);
        }

        Assert.Equal(Colours.Length, chunks.Count(c => c.Name == "ANMF"));
        int canvas = chunks.Single(c => c.Name == "VP8X").Offset;
        Assert.Equal(width - 1, BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(canvas + 4)) & 0xFFFFFF);
        Assert.Equal(height - 1, BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(canvas + 6)) >> 8);
        int animation = chunks.Single(c => c.Name == "ANIM").Offset;
        Assert.Equal(0, BinaryPrimitives.ReadInt16LittleEndian(file.AsSpan(animation + 4)));
        Assert.Equal(TestVideo.Metadata, MetadataReader.Read(folder["clip.webp"]));
    }

    [Fact]
    public void A_name_that_looks_like_a_protocol_or_an_option_is_a_name()
    {
        using var folder = new TempFolder();
        foreach (string name in new[] { "http:clip.mp4", "-y.gif", "100%d 'quoted'.webm" })
        {
            TestVideo.Write(folder[name], 16, 16, TestVideo.Plain(16, 16, Colours));
            Assert.True(File.Exists(folder[name]), name);
        }
    }

    private static void AssertClose(byte[][] frames, byte[] decoded, int tolerance)
    {
        Assert.Equal(frames.Sum(f => f.Length), decoded.Length);
        int worst = frames.SelectMany(f => f).Zip(decoded, (a, b) => Math.Abs(a - b)).Max();
        Assert.True(worst <= tolerance, $"A colour is off by {worst}; {tolerance} is allowed.");
    }
}
