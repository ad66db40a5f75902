using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Media;

namespace Hummingbird.Vulkan.Cli;

/// <summary>Writes what the video looks like after a step: small, blurred, and over the one before.</summary>
/// <param name="path">As for videos, the extension picks the format.</param>
/// <param name="interval">Steps from one to the next.</param>
internal sealed class Previews(string path, int interval, int fps, LatentPreview preview, CancellationToken cancellation)
{
    private const int PixelsPerLatent = 4;

    /// <summary>Takes what <see cref="TextToVideoPipeline"/> says after a step.</summary>
    public void Show(int step, int steps, LatentSize size, ReadOnlySpan<float> latents)
    {
        if (step % interval != 0)
        {
            return;
        }

        int pixels = size.Height * size.Width;
        byte[] small = new byte[3 * pixels], large = new byte[small.Length * PixelsPerLatent * PixelsPerLatent];
        using IVideoSink sink = VideoSink.Open(path, size.Width * PixelsPerLatent, size.Height * PixelsPerLatent, fps, size.Frames, metadata: null, out _, cancellation);
        for (int frame = 0; frame < size.Frames; frame++)
        {
            preview.Project(latents.Slice(frame * pixels * size.Channels, pixels * size.Channels), small);
            Enlarge(small, size.Width, large);
            sink.WriteFrame(large);
        }

        sink.Complete();
    }

    private static void Enlarge(ReadOnlySpan<byte> small, int width, Span<byte> large)
    {
        int across = width * PixelsPerLatent;
        for (int i = 0; i < large.Length; i++)
        {
            (int y, int x) = Math.DivRem(i / 3, across);
            large[i] = small[(3 * ((y / PixelsPerLatent * width) + (x / PixelsPerLatent))) + (i % 3)];
        }
    }
}
