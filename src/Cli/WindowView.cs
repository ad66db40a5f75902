using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Engine.Window;

namespace Hummingbird.Vulkan.Cli;

/// <summary><c>generate --window</c>: previews while it denoises, then the frames as they are decoded.</summary>
internal sealed class WindowView : IDisposable
{
    private readonly VideoWindow window;
    private readonly LatentPreview preview;
    private GenerationRequest? request;
    private byte[] frames = [];

    private WindowView(VideoWindow window, LatentPreview preview) => (this.window, this.preview) = (window, preview);

    public static WindowView Open(GenerationRequest first, ModelFolder model)
        => new(VideoWindow.Open(first.Width, first.Height, "hummingbird"), LatentPreview.Of(model));

    public void Begin(GenerationRequest next) => (request, frames) = (next, new byte[next.Frames * next.Width * next.Height * 3]);

    public void Preview(int step, int steps, LatentSize size, ReadOnlySpan<float> latents)
    {
        byte[] rgb = new byte[latents.Length / size.Channels * 3];
        preview.Project(latents, rgb);
        window.Play(rgb, size.Frames, size.Width, size.Height, request!.Fps);
    }

    public void Take(int index, ReadOnlySpan<byte> rgb)
    {
        rgb.CopyTo(frames.AsSpan(index * rgb.Length));
        if (index == request!.Frames - 1)
        {
            window.Play(frames, request.Frames, request.Width, request.Height, request.Fps);
        }
    }

    public void WaitUntilClosed(CancellationToken cancellation) => window.WaitUntilClosed(cancellation);

    public void Dispose() => window.Dispose();
}
