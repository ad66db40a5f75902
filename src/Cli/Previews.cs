using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Media;

namespace Hummingbird.Vulkan.Cli;

/// <summary>Writes what the video looks like after a step: small, blurred, and over the one before.</summary>
/// <param name="path">As for videos, the extension picks the format.</param>
/// <param name="interval">Steps from one to the next.</param>
internal sealed class Previews(string path, int interval, int fps, CancellationToken cancellation)
{
    private const int PixelsPerLatent = 4;

    /// <summary>Takes what <see cref="TextToVideoPipeline"/> says after a step.</summary>
    public void Show(int step, ReadOnlySpan<float> latents, LatentSize size, LatentProjection projection)
    {
        if (step % interval != 0)
        {
            return;
        }

        int width = size.Width * PixelsPerLatent, height = size.Height * PixelsPerLatent;
        byte[] rgb = new byte[3 * width * height];
        using IVideoSink sink = VideoSink.Open(path, width, height, fps, size.Frames, metadata: null, out _, cancellation);
        for (int frame = 0; frame < size.Frames; frame++)
        {
            projection.Paint(latents, size, frame, PixelsPerLatent, rgb);
            sink.WriteFrame(rgb);
        }

        sink.Complete();
    }
}
