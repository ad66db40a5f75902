using System.Diagnostics.CodeAnalysis;

namespace Hummingbird.Vulkan.Server.Jobs;

/// <summary>All jobs: those that wait in a bounded line, the one that runs, and the finished ones that are kept.</summary>
public sealed class VideoJobs : IDisposable
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, VideoJob> all = new(StringComparer.Ordinal);
    private readonly List<VideoJob> order = [], waiting = [];
    private readonly SemaphoreSlim available = new(0);
    private readonly JobStore store;
    private readonly ServerOptions options;

    /// <summary>Takes up what an earlier server left: what waited waits again, what was being made has failed.</summary>
    public VideoJobs(JobStore store, ServerOptions options)
    {
        (this.store, this.options) = (store, options);
        foreach (VideoRecord record in store.Load())
        {
            VideoJob job = new(record);
            all[job.Id] = job;
            order.Add(job);
            if (record.Status == VideoStatus.Queued && waiting.Count < options.QueueLength)
            {
                waiting.Add(job);
                available.Release();
            }
            else
            {
                Settle(job);
            }
        }

        Renumber();
        Retain();
    }

    public int Capacity => options.QueueLength;

    public int Waiting
    {
        get
        {
            lock (gate)
            {
                return waiting.Count;
            }
        }
    }

    /// <summary>The one that is being made.</summary>
    public VideoJob? Running { get; private set; }

    /// <summary>Seconds until a place in the line is likely to be free.</summary>
    public int RetryAfterSeconds => Math.Clamp((int)Math.Ceiling(LastDuration.TotalSeconds), 1, 600);

    /// <summary>How long the last video took.</summary>
    public TimeSpan LastDuration { get; internal set; } = TimeSpan.FromSeconds(2);

    /// <summary>Newest first.</summary>
    public IReadOnlyList<VideoJob> List()
    {
        lock (gate)
        {
            return [.. Enumerable.Reverse(order)];
        }
    }

    public VideoJob? Find(string id)
    {
        lock (gate)
        {
            return all.GetValueOrDefault(id);
        }
    }

    /// <returns>False when the line is full.</returns>
    /// <exception cref="IOException">The record cannot be written; the job is not taken then.</exception>
    public bool TryAdd(VideoSettings settings, [NotNullWhen(true)] out VideoJob? job)
    {
        VideoJob added = new(new(JobStore.NewId(), Now(), settings));
        lock (gate)
        {
            if (waiting.Count >= options.QueueLength)
            {
                job = null;
                return false;
            }

            all[added.Id] = added;
            order.Add(added);
            waiting.Add(added);
            Renumber();
        }

        try
        {
            Record(added, r => r);
        }
        catch
        {
            Forget(added);
            throw;
        }

        available.Release();
        job = added;
        return true;
    }

    /// <summary>The next job, waited for.</summary>
    /// <exception cref="OperationCanceledException">Instead of one.</exception>
    public VideoJob Take(CancellationToken cancellation)
    {
        while (true)
        {
            available.Wait(cancellation);
            lock (gate)
            {
                if (waiting.Count > 0)
                {
                    Running = waiting[0];
                    waiting.RemoveAt(0);
                    Renumber();
                    return Running;
                }
            }
        }
    }

    /// <summary>The worker is done with a job, whatever came of it.</summary>
    public void Release(VideoJob job)
    {
        bool isDeleted;
        lock (gate)
        {
            Running = null;
            isDeleted = job.State.IsDeleted;
        }

        if (isDeleted)
        {
            store.Delete(job.State.Record);
        }

        job.Finish();
        Retain();
    }

    /// <summary>Changes a job's record: on disk first, so that nobody is told what a restart would not know.</summary>
    public void Record(VideoJob job, Func<VideoRecord, VideoRecord> change)
    {
        lock (job.Saving)
        {
            VideoRecord changed = change(job.State.Record);
            if (!job.State.IsDeleted)
            {
                store.Write(changed);
            }

            job.Update(s => s with { Record = changed });
        }
    }

    /// <summary>Takes a job away: out of the line, out of the worker's hands, off the disk.</summary>
    /// <returns>Completes when nothing of it is left.</returns>
    public Task DeleteAsync(VideoJob job)
    {
        bool isRunning;
        lock (gate)
        {
            isRunning = Running == job;
            Forget(job);
            job.Update(s => s with { IsDeleted = true });
        }

        if (!isRunning)
        {
            lock (job.Saving)
            {
                store.Delete(job.State.Record);
            }

            job.Finish();
        }

        job.Stop.Cancel();
        return job.Finished;
    }

    public void Dispose() => available.Dispose();

    internal static long Now() => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    private void Forget(VideoJob job)
    {
        lock (gate)
        {
            all.Remove(job.Id);
            order.Remove(job);
            if (waiting.Remove(job))
            {
                Renumber();
            }
        }
    }

    private void Renumber()
    {
        for (int i = 0; i < waiting.Count; i++)
        {
            int position = i + 1;
            waiting[i].Update(s => s with { QueuePosition = position });
        }

        Running?.Update(s => s with { QueuePosition = 0 });
    }

    /// <summary>A job of an earlier server that does not go on.</summary>
    private void Settle(VideoJob job)
    {
        VideoRecord record = job.State.Record;
        string? problem = record switch
        {
            { Status: VideoStatus.Queued or VideoStatus.InProgress } => "The server ended before this video was done. Send it again.",
            { Status: VideoStatus.Completed } when store.FileOf(record) is null => "The file is no longer in the data folder.",
            _ => null,
        };
        if (problem is not null)
        {
            Record(job, r => r with { Status = VideoStatus.Failed, Error = new("interrupted", problem), CompletedAt = r.CompletedAt ?? Now(), File = null, Bytes = 0 });
        }

        job.Finish();
    }

    /// <summary>Lets the oldest finished videos go until count and bytes are within what is kept.</summary>
    private void Retain()
    {
        VideoJob[] finished;
        lock (gate)
        {
            finished = [.. order.Where(j => j.State.Record.IsFinished)];
        }

        int count = finished.Length;
        long bytes = finished.Sum(j => j.State.Record.Bytes);
        foreach (VideoJob job in finished)
        {
            if (count <= options.KeepVideos && bytes <= options.KeepBytes)
            {
                return;
            }

            count--;
            bytes -= job.State.Record.Bytes;
            _ = DeleteAsync(job);
        }
    }
}
