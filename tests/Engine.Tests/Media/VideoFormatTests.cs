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
    [InlineData("out.png", VideoFormat.Apng)]
    [InlineData("out.apng", VideoFormat.Apng)]
    [InlineData("out", VideoFormat.PngFrames)]
    [InlineData("out.mp4/", VideoFormat.PngFrames)]
    public void The_extension_chooses(string path, VideoFormat expected) =>
        Assert.Equal(expected, VideoFormats.FromPath(path));

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
