using Hummingbird.Vulkan.Engine.Generation;

namespace Hummingbird.Vulkan.Server.Jobs;

/// <summary>A strip of small pictures: the frames of a preview below one another, PNG.</summary>
/// <param name="Step">The denoising step it shows, from 1.</param>
/// <param name="Steps">How many there are.</param>
/// <param name="Frames">Pictures in the strip.</param>
/// <param name="Width">Of one picture.</param>
/// <param name="Height">Of one picture.</param>
public sealed record Preview(int Step, int Steps, int Frames, int Width, int Height, byte[] Png);

/// <summary>All there is to know of a job at one moment; never changed, only replaced.</summary>
/// <param name="Version">Counts the replacements.</param>
/// <param name="QueuePosition">0 is running or finished, 1 is next.</param>
public sealed record VideoState(VideoRecord Record, long Version = 0, int QueuePosition = 0)
{
    public GenerationProgress? Progress { get; init; }

    public Preview? Preview { get; init; }

    public bool IsDeleted { get; init; }

    /// <summary>Nothing will change any more.</summary>
    public bool IsOver => IsDeleted || Record.IsFinished;

    /// <summary>0 to 100; loading and encoding are short, most of the time goes to denoising.</summary>
    public int Percent => Record.Status == VideoStatus.Completed ? 100 : Progress switch
    {
        { Phase: GenerationPhase.EncodePrompt } => 2,
        { Phase: GenerationPhase.Denoise } p => 5 + (70 * p.Done / Math.Max(1, p.Total)),
        { Phase: GenerationPhase.Decode } p => 75 + (24 * p.Done / Math.Max(1, p.Total)),
        _ => 0,
    };
}

/// <summary>A video that is waiting, being made, or done.</summary>
/// <remarks>Any thread may read <see cref="State"/>; whoever wants to follow it waits for <see cref="ChangedSince"/> and reads again, so a slow
/// reader misses what lies between but never holds anything up.</remarks>
public sealed class VideoJob(VideoRecord record)
{
    private readonly Lock gate = new();
    private readonly TaskCompletionSource finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile VideoState state = new(record);

    public string Id { get; } = record.Id;

    public VideoSettings Settings { get; } = record.Settings;

    public VideoState State => state;

    /// <summary>Held while the record is written, so that the last one written is the newest.</summary>
    internal Lock Saving { get; } = new();

    internal CancellationTokenSource Stop { get; } = new();

    /// <summary>Completes when the worker has nothing to do with the job any more.</summary>
    public Task Finished => finished.Task;

    /// <summary>Completes with the first change after <paramref name="seen"/>.</summary>
    public Task ChangedSince(VideoState seen)
    {
        lock (gate)
        {
            return state.Version != seen.Version ? Task.CompletedTask : changed.Task;
        }
    }

    public void Update(Func<VideoState, VideoState> change)
    {
        TaskCompletionSource old;
        lock (gate)
        {
            state = change(state) with { Version = state.Version + 1 };
            (old, changed) = (changed, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        old.SetResult();
    }

    internal void Finish() => finished.TrySetResult();
}
