using Hummingbird.Vulkan.Engine.Media;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Media;

public sealed class VideoFormatTests
{
    [Theory]
    [InlineData("out.mp4", VideoFormat.Mp4)]
    [InlineData("a.b/OUT.MP4", VideoFormat.Mp4)]
    [InlineData("out.webm", VideoFormat.WebM)]
    [InlineData("out.gif", VideoFormat.Gif)]
    [InlineData("out.webp", VideoFormat.WebP)]
    [InlineData("out.png", VideoFormat.PngFrames)]
    [InlineData("out.apng", VideoFormat.Apng)]
    [InlineData("out", VideoFormat.PngFrames)]
    [InlineData("out.mp4/", VideoFormat.PngFrames)]
    public void The_extension_chooses(string path, VideoFormat expected) =>
        Assert.Equal(expected, VideoFormats.FromPath(path));

    [Theory]
    [InlineData("a/clip.png", 8, "a/clip", VideoFormat.PngFrames)]
    [InlineData("a/clip.png", 1, "a/clip.png", VideoFormat.Apng)]
    [InlineData("clip", 1, "clip", VideoFormat.PngFrames)]
    [InlineData("clip.apng", 8, "clip.apng", VideoFormat.Apng)]
    public void A_png_is_a_folder_of_frames_unless_there_is_only_one(string path, int frames, string target, VideoFormat expected) =>
        Assert.Equal((target, expected), VideoFormats.Resolve(path, frames));

    [Fact]
    public void A_folder_that_exists_takes_frames_whatever_its_name()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["clip.mp4"]);
        Assert.Equal(VideoFormat.PngFrames, VideoFormats.FromPath(folder["clip.mp4"]));
    }

    [Fact]
    public void An_unknown_extension_names_the_known_ones()
    {
        var error = Assert.Throws<MediaException>(() => VideoFormats.FromPath("clip.avi"));
        Assert.Contains("'.avi'", error.Message, StringComparison.Ordinal);
        foreach (string known in new[] { ".mp4", ".webm", ".gif", ".webp", ".png", ".apng" })
        {
            Assert.Contains(known, error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    public void An_empty_path_is_refused(string path) =>
        Assert.Throws<MediaException>(() => VideoFormats.FromPath(path));
}
