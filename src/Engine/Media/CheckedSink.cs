namespace Hummingbird.Vulkan.Engine.Media;

/// <summary>Size, speed and length of a video.</summary>
internal readonly record struct VideoShape(int Width, int Height, int Fps, int Frames)
{
    private const int MaxFps = 1000;

    public int FrameBytes => Width * Height * 3;

    public void Check()
    {
        if (Width < 1 || Height < 1 || (long)Width * Height * 3 > Array.MaxLength)
        {
            throw new ArgumentException($"A video cannot be {Width} x {Height} pixels.");
        }

        if (Frames < 1 || Fps is < 1 or > MaxFps)
        {
            throw new ArgumentException(
                $"A video needs at least one frame and 1 to {MaxFps} frames per second, not {Frames} at {Fps} per second.");
        }
    }
}

/// <summary>What all sinks have in common: sizes and counts are checked, errors name the file, the sidecar is written.</summary>
internal sealed class CheckedSink(IVideoSink sink, VideoShape shape, GenerationMetadata? sidecar) : IVideoSink
{
    private int _written;
    private bool _completed;

    public string OutputPath => sink.OutputPath;

    /// <summary>The writer behind, for tests.</summary>
    internal IVideoSink Inner => sink;

    public void WriteFrame(ReadOnlySpan<byte> rgb)
    {
        if (rgb.Length != shape.FrameBytes)
        {
            throw new ArgumentException(
                $"Frame {_written + 1} has {rgb.Length} bytes; {shape.Width} x {shape.Height} RGB is {shape.FrameBytes}.",
                nameof(rgb));
        }

        if (_completed || _written == shape.Frames)
        {
            throw new InvalidOperationException($"All {shape.Frames} frames have been written already.");
        }

        try
        {
            sink.WriteFrame(rgb);
            _written++;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new MediaException(
                $"Frame {_written + 1} of {shape.Frames} could not be written to '{OutputPath}': {error.Message}", error);
        }
    }

    public void Complete()
    {
        if (_completed || _written != shape.Frames)
        {
            throw new InvalidOperationException($"A video of {shape.Frames} frames cannot end after {_written}.");
        }

        try
        {
            using var text = sidecar is null ? null : new StagedFile(VideoSink.SidecarPath(OutputPath));
            if (text is not null)
            {
                File.WriteAllText(text.StagingPath, sidecar!.ToJson(indented: true) + "\n");
            }

            sink.Complete();
            text?.Commit();
            _completed = true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new MediaException($"'{OutputPath}' could not be finished: {error.Message}", error);
        }
    }

    public void Dispose() => sink.Dispose();
}
