namespace Hummingbird.Vulkan.Engine.Media;

/// <summary>A video sink that opens while the model is loading: finding ffmpeg and hashing the weights take their time.</summary>
public sealed class PendingSink(Func<(IVideoSink Sink, string? Note)> open) : IDisposable
{
    private readonly Task<(IVideoSink Sink, string? Note)> opening = Task.Run(open);

    /// <summary>The sink, waited for if need be.</summary>
    public IVideoSink Sink => Opened.Sink;

    /// <summary>What the user should know about it.</summary>
    public string? Note => Opened.Note;

    private (IVideoSink Sink, string? Note) Opened => opening.GetAwaiter().GetResult();

    /// <summary>Without <see cref="IVideoSink.Complete"/> before, nothing of the video remains.</summary>
    public void Dispose()
    {
        opening.ContinueWith(static _ => { }, TaskScheduler.Default).Wait();
        if (opening.IsCompletedSuccessfully)
        {
            opening.Result.Sink.Dispose();
        }
    }
}
