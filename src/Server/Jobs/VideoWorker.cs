using System.Diagnostics;
using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Media;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Server.Jobs;

/// <summary>The one thread that computes: takes jobs one after another, keeps device and model between them.</summary>
internal sealed class VideoWorker : IDisposable
{
    private readonly VideoJobs jobs;
    private readonly JobStore store;
    private readonly ModelCatalog catalog;
    private readonly ServerLog log;
    private readonly CancellationTokenSource stopping = new();
    private readonly Thread thread;
    private (string Name, ModelFolder Folder)? loaded;

    public VideoWorker(VideoJobs jobs, JobStore store, ModelCatalog catalog, DeviceChoice device, ServerLog log)
    {
        (this.jobs, this.store, this.catalog, this.log) = (jobs, store, catalog, log);
        Device = new(device);
        thread = new(Work) { IsBackground = true, Name = "video worker" };
    }

    public WorkerDevice Device { get; }

    public void Start() => thread.Start();

    /// <summary>Stops within one submit; a running job is marked as interrupted, waiting ones stay on disk.</summary>
    public void Dispose()
    {
        stopping.Cancel();
        if (thread.IsAlive)
        {
            thread.Join();
        }

        loaded?.Folder.Dispose();
        Device.Dispose();
        stopping.Dispose();
    }

    private void Work()
    {
        Device.TryOpen(out Exception? problem);
        if (problem is not null)
        {
            log.Say($"no device yet: {PublicText.Of(problem)}");
        }

        while (!stopping.IsCancellationRequested)
        {
            try
            {
                Make(jobs.Take(stopping.Token));
            }
            catch (OperationCanceledException)
            {
                return;
            }
#pragma warning disable CA1031 // Whatever one job runs into, the next one gets its turn.
            catch (Exception error)
#pragma warning restore CA1031
            {
                log.Say($"a record could not be written: {PublicText.Of(error)}");
            }
        }
    }

    private void Make(VideoJob job)
    {
        long started = Stopwatch.GetTimestamp();
        try
        {
            jobs.Record(job, r => r with { Status = VideoStatus.InProgress, StartedAt = VideoJobs.Now() });
            Generate(job);
            jobs.LastDuration = Stopwatch.GetElapsedTime(started);
            log.Say($"{job.Id} done in {jobs.LastDuration.TotalSeconds:0.0} s");
        }
#pragma warning disable CA1031 // It becomes the job's error; the server goes on.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Fail(job, error is AggregateException { InnerException: Exception cause } ? cause : error);
        }
        finally
        {
            jobs.Release(job);
            Device.ReplaceIfLost();
        }
    }

    private void Fail(VideoJob job, Exception error)
    {
        VideoError reason = error switch
        {
            OperationCanceledException when stopping.IsCancellationRequested => new("interrupted", "The server ended before this video was done. Send it again."),
            OperationCanceledException => new("cancelled", "Cancelled."),
            OutOfMemoryException => new("out_of_memory", "The machine ran out of memory. Fewer frames or a smaller size need less."),
            Engine.Memory.OutOfGpuMemoryException => new("out_of_memory", PublicText.Of(error)),
            _ => new("generation_failed", PublicText.Of(error)),
        };
        jobs.Record(job, r => r with { Status = VideoStatus.Failed, Error = reason, CompletedAt = VideoJobs.Now() });
        log.Say($"{job.Id} {reason.Code}: {reason.Message}");
    }

    private void Generate(VideoJob job)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token, job.Stop.Token);
        stop.Token.ThrowIfCancellationRequested();
        VideoSettings settings = job.Settings;
        ModelFolder model = Load(settings.Model);
        IGraphBackend backend = Device.Open().Backend;
        LatentPreview preview = LatentPreview.Of(model);
        TextToVideoPipeline pipeline = new(model, backend)
        {
            LatentSink = (step, steps, size, latents) => Show(job, preview, (step, steps), size, latents),
        };
        using PendingSink pending = new(() => OpenSink(job, model, backend, stop.Token));
        GenerationResult result = pipeline.Generate(
            settings.Request, (_, rgb) => pending.Sink.WriteFrame(rgb), progress => job.Update(s => s with { Progress = progress }), stop.Token);
        pending.Sink.Complete();
        string path = pending.Sink.OutputPath;
        string?[] notes = [.. result.Notes, pending.Note];
        jobs.Record(job, r => r with
        {
            Status = VideoStatus.Completed,
            CompletedAt = VideoJobs.Now(),
            File = Path.GetFileName(path),
            Bytes = new FileInfo(path).Length,
            Notes = [.. notes.OfType<string>().Select(PublicText.Of)],
            Timings = result.Timings.ToDictionary(t => PhaseNames.Of(t.Key), t => Math.Round(t.Value.TotalSeconds, 4), StringComparer.Ordinal),
            Device = backend.Name,
        });
        Device.HasWorked();
    }

    /// <summary>The model of the last job is kept open.</summary>
    private ModelFolder Load(string name)
    {
        if (loaded?.Name != name)
        {
            loaded?.Folder.Dispose();
            loaded = null;
            CatalogModel model = catalog.Find(name) ?? throw new WeightException($"The model '{name}' is no longer there.");
            loaded = (name, model.Open());
        }

        return loaded!.Value.Folder;
    }

    private (IVideoSink Sink, string? Note) OpenSink(VideoJob job, ModelFolder model, IGraphBackend backend, CancellationToken cancellation)
    {
        VideoSettings settings = job.Settings;
        GenerationMetadata? metadata = settings.EmbedsMetadata ? MetadataOf(settings, model, backend) : null;
        IVideoSink sink = VideoSink.Open(
            store.NewFile(job.State.Record), settings.Width, settings.Height, settings.Fps, settings.Frames, metadata, out string? note, cancellation);
        return (sink, note);
    }

    private GenerationMetadata MetadataOf(VideoSettings settings, ModelFolder model, IGraphBackend backend) => new()
    {
        Prompt = settings.Prompt,
        NegativePrompt = settings.NegativePrompt,
        Seed = settings.Seed,
        Steps = settings.Steps,
        Frames = settings.Frames,
        Fps = settings.Fps,
        Width = settings.Width,
        Height = settings.Height,
        GuidanceScale = settings.GuidanceScale,
        Scheduler = settings.Scheduler,
        Precision = Device.Choice.PrecisionOf(backend.Storage),
        Model = settings.Model,
        ModelHash = model.Hash,
        EngineVersion = typeof(TextToVideoPipeline).Assembly.GetName().Version?.ToString(3),
        Device = backend.Name,
    };

    private static void Show(VideoJob job, LatentPreview preview, (int Step, int Steps) at, LatentSize size, ReadOnlySpan<float> latents)
    {
        byte[] rgb = new byte[latents.Length / size.Channels * 3];
        preview.Project(latents, rgb);
        using MemoryStream png = new();
        PngWriter.Write(png, size.Width, size.Frames * size.Height, rgb);
        job.Update(s => s with { Preview = new(at.Step, at.Steps, size.Frames, size.Width, size.Height, png.ToArray()) });
    }
}
