using Hummingbird.Vulkan.Cli;
using Hummingbird.Vulkan.Engine.Generation;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Cli;

public sealed class CliViewTests
{
    [Fact]
    public void Counts_show_speed_and_what_is_left()
        => Assert.Equal("3/4 · 0.50 s/it · 2.0 it/s · ETA 1 s", ProgressView.Counts(new(GenerationPhase.Denoise, 3, 4, TimeSpan.FromSeconds(1.5))));

    [Fact]
    public void Frames_are_called_frames_and_the_last_has_nothing_left()
        => Assert.Equal("8/8 · 0.25 s/frame · 4.0 frame/s", ProgressView.Counts(new(GenerationPhase.Decode, 8, 8, TimeSpan.FromSeconds(2))));

    [Theory]
    [InlineData(false, false, false, false)]
    [InlineData(true, false, true, false)]
    [InlineData(true, true, true, true)]
    public void Only_a_terminal_is_redrawn_and_only_a_willing_one_coloured(bool isInteractive, bool usesColor, bool isRedrawn, bool isColoured)
    {
        using StringWriter error = new();
        ProgressView view = new(new Terminal(TextReader.Null, TextWriter.Null, error, isInteractive, usesColor), isQuiet: false);
        view.Show(new(GenerationPhase.Denoise, 0, 2, TimeSpan.Zero));
        view.Show(new(GenerationPhase.Denoise, 2, 2, TimeSpan.FromSeconds(1)));
        view.Clear();
        Assert.Contains("2/2", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(isRedrawn, error.ToString().Contains("\r\e[K", StringComparison.Ordinal));
        Assert.Equal(isColoured, error.ToString().Contains("\e[36m", StringComparison.Ordinal));
    }

    [Fact]
    public void Quiet_is_quiet()
    {
        using StringWriter error = new();
        ProgressView view = new(new Terminal(TextReader.Null, TextWriter.Null, error, true, true), isQuiet: true);
        view.Show(new(GenerationPhase.Denoise, 2, 2, TimeSpan.FromSeconds(1)));
        Assert.Empty(error.ToString());
    }

    [Theory]
    [InlineData("out.mp4", "out-1.mp4", "out-2.mp4")]
    [InlineData("frames", "frames-1", "frames-2")]
    [InlineData("a/{seed}.gif", "a/5.gif", "a/6.gif")]
    [InlineData("{index}-{seed}.apng", "1-5.apng", "2-6.apng")]
    public void Several_videos_get_several_names(string template, string first, string second)
        => Assert.Equal([first, second], OutputNames.For(template, [5, 6]));

    [Fact]
    public void One_video_keeps_its_name() => Assert.Equal(["out.mp4"], OutputNames.For("out.mp4", [5]));

    [Theory]
    [InlineData(512, "512 B")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(3.2 * (1L << 30), "3.2 GiB")]
    public void Bytes_are_readable(double bytes, string expected) => Assert.Equal(expected, Figures.Bytes(bytes));

    [Theory]
    [InlineData(7, "7")]
    [InlineData(712_000_000, "712 M")]
    [InlineData(56.9e12, "56.9 T")]
    public void Counts_are_readable(double count, string expected) => Assert.Equal(expected, Figures.Count(count));

    [Fact]
    public void Foreign_exceptions_name_their_kind_and_where_to_see_more()
    {
        Assert.Equal("unexpected FormatException: odd (-v shows the stack trace)", Failure.Describe(new FormatException("odd")));
        Assert.Equal(1, Failure.ExitCodeOf(new FormatException("odd")));
        Assert.Equal(130, Failure.ExitCodeOf(new OperationCanceledException()));
    }
}
