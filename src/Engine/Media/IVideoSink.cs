namespace Hummingbird.Vulkan.Engine.Media;

/// <summary>
/// Takes a video's frames one at a time, in order. Nothing is visible under the output's name before
/// <see cref="Complete"/>; <see cref="IDisposable.Dispose"/> without it removes all that was written.
/// </summary>
public interface IVideoSink : IDisposable
{
    /// <summary>The file or folder that will exist after <see cref="Complete"/>, as an absolute path.</summary>
    string OutputPath { get; }

    /// <summary>Adds one frame: RGB, one byte each, <c>[H, W, 3]</c>, sRGB.</summary>
    /// <exception cref="ArgumentException">The frame has the wrong size.</exception>
    /// <exception cref="MediaException">The frame could not be written.</exception>
    void WriteFrame(ReadOnlySpan<byte> rgb);

    /// <summary>Finishes the video and gives it its name, in one step.</summary>
    /// <exception cref="MediaException">The video could not be finished; nothing of it is left.</exception>
    void Complete();
}
