using System.Buffers.Binary;
using System.Diagnostics;
using Hummingbird.Vulkan.Engine.Window;
using Xunit;

namespace Hummingbird.Vulkan.Gpu.Tests;

/// <summary><c>generate --window</c> on a display that exists in memory only, whose pixels are a file.</summary>
public sealed class WindowTests : IDisposable
{
    private const string Display = ":87";

    private readonly string folder = Directory.CreateTempSubdirectory("hummingbird-window-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void The_video_plays_in_a_window_until_it_is_told_to_stop()
    {
        using Process display = Process.Start(new ProcessStartInfo("Xvfb", [Display, "-screen", "0", "640x560x24", "-fbdir", folder]) { RedirectStandardError = true, UseShellExecute = false })!;
        try
        {
            using CliProcess run = CliProcess.Start(
                ["generate", "a big red circle moving right on a white background", "--seed", "5", "--model", "nano", "--window", "-o", Path.Combine(folder, "a.apng")],
                ("DISPLAY", Display), ("WAYLAND_DISPLAY", null), ("XDG_SESSION_TYPE", null));
            (int Red, int White) seen = default;
            bool isShown = SpinWait.SpinUntil(
                () =>
                {
                    Thread.Sleep(200);
                    seen = Count(Path.Combine(folder, "Xvfb_screen0"));
                    return File.Exists(Path.Combine(folder, "a.apng")) && seen.Red > 5_000 && seen.White > 50_000;
                },
                TimeSpan.FromSeconds(60));
            run.Interrupt();
            CliProcess.Finished finished = run.Wait();
            Assert.True(isShown, $"{seen.Red} red and {seen.White} white pixels were on the screen. {finished.Error}");
            finished.AssertDone();
        }
        finally
        {
            display.Kill();
            display.WaitForExit();
        }
    }

    [Fact]
    public void Without_a_display_it_says_so()
        => CliProcess.Run(["generate", "x", "--window", "-o", Path.Combine(folder, "a.apng")], ("DISPLAY", null), ("WAYLAND_DISPLAY", null))
            .AssertRefused(1, "No window can be opened");

    [Fact]
    public void A_frame_fits_the_window_in_its_proportions()
    {
        byte[] target = new byte[8 * 4 * 4];
        FrameScaling.Fit([255, 0, 0, 0, 0, 255], 2, 1, target, 8, 4, isBlueFirst: true);
        Assert.Equal([0, 0, 255, 255], target[..4]);
        Assert.Equal([255, 0, 0, 255], target[^4..]);
        FrameScaling.Fit([255, 255, 255], 1, 1, target, 8, 4, isBlueFirst: false);
        Assert.Equal([0, 0, 0, 0], target[..4]);
        Assert.Equal([255, 255, 255, 255], target[(2 * 4)..(3 * 4)]);
    }

    /// <summary>Pixels of a screen in X's window dump format: 25 words of header, a colour map, rows of blue, green, red, unused.</summary>
    private static (int Red, int White) Count(string file)
    {
        byte[] dump = File.Exists(file) ? File.ReadAllBytes(file) : [];
        if (dump.Length < 100)
        {
            return default;
        }

        int Word(int index) => BinaryPrimitives.ReadInt32BigEndian(dump.AsSpan(4 * index));
        (int red, int white) = (0, 0);
        for (int i = Word(0) + (12 * Word(19)); i + 4 <= dump.Length; i += 4)
        {
            (int b, int g, int r) = (dump[i], dump[i + 1], dump[i + 2]);
            red += r > 150 && g < 110 && b < 110 ? 1 : 0;
            white += Math.Min(r, Math.Min(g, b)) > 220 ? 1 : 0;
        }

        return (red, white);
    }
}
