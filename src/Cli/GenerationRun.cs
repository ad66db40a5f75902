using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Hummingbird.Vulkan.Cli.Commands;
using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Media;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Cli;

/// <summary>Makes videos one after another on one device, and tells about each.</summary>
internal sealed class GenerationRun(GenerateArguments arguments, ModelFolder model, OpenDevice device, Terminal terminal, WindowView? window = null)
{
    private readonly ProgressView view = new(terminal, arguments.IsQuiet);
    private readonly GenerationEvents? events = arguments.IsJson ? new(new JsonEvents(terminal.Out)) : null;

    /// <exception cref="OperationCanceledException">Within one submit of the token being cancelled; nothing of the video is left.</exception>
    public void Generate(VideoJob job, CancellationToken cancellation)
    {
        Announce(job);
        long started = Stopwatch.GetTimestamp();
        using SafetensorsSource? noise = arguments.LoadNoise is null ? null : SafetensorsSource.Open(arguments.LoadNoise);
        GenerationRequest request = noise is null ? job.Request : job.Request with { Noise = new FileNoise(noise) };
        PhaseTrace? trace = job.Trace is null ? null : new();
        void Show(GenerationProgress progress)
        {
            view.Show(progress);
            events?.Progress(progress);
            trace?.Show(progress);
        }

        if (trace is not null && device.Backend is GpuBackend gpu)
        {
            gpu.Observer = trace.Show;
        }

        window?.Begin(request);
        try
        {
            using PendingSink pending = new(() => OpenSink(job, cancellation));
            void Take(int index, ReadOnlySpan<byte> rgb)
            {
                pending.Sink.WriteFrame(rgb);
                window?.Take(index, rgb);
            }

            GenerationResult result = new TextToVideoPipeline(model, device.Backend) { LatentSink = PreviewsOf(request, cancellation) }
                .Generate(request, Take, Show, cancellation);
            trace?.End();
            pending.Sink.Complete();
            Save(job, result, trace);
            Note(result, pending.Note);
            Finish(new(job, result, pending.Sink.OutputPath, Stopwatch.GetElapsedTime(started)));
        }
        finally
        {
            view.Clear();
        }
    }

    /// <summary>Whatever shows the latents of a step: the window, a file, both or nothing.</summary>
    private LatentSink? PreviewsOf(GenerationRequest request, CancellationToken cancellation)
    {
        LatentSink? sinks = window is null ? null : window.Preview;
        if (arguments.PreviewPath is string path)
        {
            sinks += new Previews(path, arguments.PreviewInterval, request.Fps, LatentPreview.Of(model), cancellation).Show;
        }

        return sinks;
    }

    private void Announce(VideoJob job)
    {
        events?.Start(job, device.Backend.Name, model.DisplayName);
        if (arguments.IsVerbose)
        {
            terminal.Say($"{device.Backend.Name}{(device.Device is { } gpu ? $", {gpu.Snapshot.Driver}, {gpu.SelectionReason}" : "")}");
        }
    }

    private (IVideoSink Sink, string? Note) OpenSink(VideoJob job, CancellationToken cancellation)
    {
        GenerationRequest request = job.Request;
        GenerationMetadata? metadata = arguments.HasMetadata ? MetadataOf(request) : null;
        IVideoSink sink = VideoSink.Open(job.Output, request.Width, request.Height, request.Fps, request.Frames, metadata, out string? note, cancellation);
        return (sink, note);
    }

    private GenerationMetadata MetadataOf(GenerationRequest request) => new()
    {
        Prompt = request.Prompt,
        NegativePrompt = request.NegativePrompt,
        Seed = request.Seed,
        Steps = request.Steps,
        Frames = request.Frames,
        Fps = request.Fps,
        Width = request.Width,
        Height = request.Height,
        GuidanceScale = request.GuidanceScale,
        Scheduler = request.Scheduler,
        Precision = arguments.Device.PrecisionOf(device.Backend.Storage),
        Model = arguments.Model ?? ModelFolder.EmbeddedNames[0],
        ModelHash = model.Hash,
        NoiseFile = arguments.LoadNoise,
        Loras = arguments.Loras.Count == 0 ? null : arguments.Loras,
        Stages = arguments.Stages,
        EngineVersion = typeof(TextToVideoPipeline).Assembly.GetName().Version?.ToString(3),
        Device = device.Backend.Name,
    };

    private static void Save(VideoJob job, GenerationResult result, PhaseTrace? trace)
    {
        if (job.SaveLatents is not null)
        {
            (int c, int t, int h, int w) = result.LatentShape;
            SafetensorsWriter.Write(job.SaveLatents, [TensorToWrite.FromFloats("latents", [1, c, t, h, w], result.Latents)]);
        }

        trace?.Save(job.Trace!);
    }

    private void Note(GenerationResult result, string? aboutOutput)
    {
        foreach (string note in result.Notes.Append(aboutOutput).OfType<string>())
        {
            view.Say($"note: {note}");
            events?.Note(note);
        }

        if (arguments.IsVerbose)
        {
            view.Say($"latents sha256 {Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(result.Latents.AsSpan())))}");
        }
    }

    private void Finish(FinishedVideo video)
    {
        view.Clear();
        long? deviceMemory = device.Device?.Memory.PeakInBytes;
        events?.Result(video, device.Backend.Name, deviceMemory);
        if (!arguments.IsQuiet)
        {
            SummaryView.Show(video, device.Backend.Name, deviceMemory, terminal);
        }
        else
        {
            terminal.Error.WriteLine($"seed {video.Job.Request.Seed}");
        }

        if (events is null)
        {
            terminal.Out.WriteLine(video.Path);
        }
    }
}

/// <summary>A video that is on disk.</summary>
/// <param name="Path">Where.</param>
/// <param name="Total">Wall time from request to file.</param>
internal sealed record FinishedVideo(VideoJob Job, GenerationResult Result, string Path, TimeSpan Total)
{
    /// <summary>The most physical memory this process has used so far.</summary>
    public static long PeakProcessMemoryInBytes
    {
        get
        {
            using Process process = Process.GetCurrentProcess();
            return process.PeakWorkingSet64;
        }
    }
}
