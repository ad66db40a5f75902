using System.Diagnostics;
using Hummingbird.Vulkan.Engine.Interop;

namespace Hummingbird.Vulkan.Engine.Window;

/// <summary>A window that plays a few frames over and over until it gets others: previews first, the video at last.</summary>
/// <remarks>It lives on a thread of its own. macOS gives windows to the main thread only and is not served.</remarks>
public sealed class VideoWindow : IDisposable
{
    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(15);

    private readonly Thread thread;
    private readonly TaskCompletionSource opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource closing = new();
    private readonly string? selector;
    private volatile Clip? clip;
    private long shown;

    private VideoWindow(int width, int height, string title, string? selector)
    {
        this.selector = selector;
        thread = new(() => Live(width, height, title)) { IsBackground = true, Name = "window" };
    }

    /// <summary>Frames shown so far.</summary>
    public long Shown => Interlocked.Read(ref shown);

    /// <summary>The user closed it.</summary>
    public bool IsClosed => !thread.IsAlive;

    /// <param name="width">Of the videos; small ones are shown larger.</param>
    /// <param name="height">Likewise.</param>
    /// <param name="selector">The device to draw with, as in <see cref="Device.DeviceOptions.Selector"/>.</param>
    /// <exception cref="WindowException">There is no GLFW or no display.</exception>
    public static VideoWindow Open(int width, int height, string title, string? selector = null)
    {
        if (OperatingSystem.IsMacOS())
        {
            throw new WindowException("--window is for Linux and Windows.");
        }

        int scale = Math.Max(1, 512 / Math.Max(width, height));
        VideoWindow window = new(width * scale, height * scale, title, selector);
        window.thread.Start();
        window.opened.Task.GetAwaiter().GetResult();
        return window;
    }

    /// <summary>Plays these from now on.</summary>
    /// <param name="frames">RGB8 [count, height, width, 3]; kept.</param>
    public void Play(byte[] frames, int count, int width, int height, int fps) => clip = new(frames, count, width, height, fps);

    /// <summary>Returns when the user closes the window, or when cancelled.</summary>
    public void WaitUntilClosed(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested && !thread.Join(TimeSpan.FromMilliseconds(50)))
        {
        }
    }

    public void Dispose()
    {
        closing.Cancel();
        thread.Join();
        closing.Dispose();
    }

    private void Live(int width, int height, string title)
    {
        try
        {
            using Glfw glfw = new();
            GlfwWindow window = glfw.Open(width, height, title);
            using Screen screen = new(glfw, window, selector);
            opened.SetResult();
            long started = Stopwatch.GetTimestamp();
            while (!closing.IsCancellationRequested && !glfw.IsToClose(window))
            {
                glfw.PollEvents();
                if (clip is { } playing)
                {
                    int frame = (int)(Stopwatch.GetElapsedTime(started).TotalSeconds * playing.Fps % playing.Count);
                    screen.Show(playing.Frame(frame), playing.Width, playing.Height);
                    Interlocked.Increment(ref shown);
                }

                Thread.Sleep(Refresh);
            }
        }
#pragma warning disable CA1031 // Handed to whoever opens the window; one that breaks later only closes.
        catch (Exception error)
#pragma warning restore CA1031
        {
            opened.TrySetException(error);
        }
    }

    private sealed record Clip(byte[] Frames, int Count, int Width, int Height, int Fps)
    {
        public ReadOnlySpan<byte> Frame(int index) => Frames.AsSpan(index * Width * Height * 3, Width * Height * 3);
    }
}
