using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Schedulers;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Engine.Generation;

/// <summary>Text to video: encode the prompt, denoise latents step by step, decode frame by frame.</summary>
/// <remarks>The whole of it is <see cref="RunPhases"/>; each line there is a phase with a file of its own.</remarks>
public sealed class TextToVideoPipeline(ModelFolder model, IGraphBackend backend)
{
    /// <summary>Sees the latents after each step, on the calling thread; <see cref="LatentPreview"/> makes pictures of them.</summary>
    public LatentSink? LatentSink { get; init; }

    /// <summary>Generates one video; frames are handed to <paramref name="frameSink"/> as they are decoded.</summary>
    /// <param name="request">What to generate; checked against the model first.</param>
    /// <param name="frameSink">Receives frame index and pixels, RGB8 [H, W, 3]. The memory is reused for the next frame.</param>
    /// <param name="progress">Events, on the calling thread.</param>
    /// <param name="cancellation">Honoured between submits.</param>
    /// <exception cref="GenerationException">The model cannot do what is asked.</exception>
    /// <exception cref="BudgetException">The device has not enough memory; nothing was loaded.</exception>
    /// <exception cref="WeightException">The model's files are damaged.</exception>
    public GenerationResult Generate(
        GenerationRequest request, FrameSink frameSink, Action<GenerationProgress>? progress = null, CancellationToken cancellation = default)
    {
        GenerationPlan.Create(request, model, backend.Storage, backend.Planner).CheckBudget();
        PhaseClock clock = new(progress);
        using SafetensorsFile? packed = backend.Planner.Target is { } target ? model.OpenPacked(PackedWeights.FileOf(target.Matrix)) : null;
        PackedWeights? prepared = packed is null ? null : new(packed);
        GpuBackend? gpu = backend as GpuBackend;
        gpu?.Prepared = prepared;
        try
        {
            GenerationResult result = RunPhases(request, frameSink, clock, cancellation);
            return prepared?.Note is { } note ? result with { Notes = [.. result.Notes, note] } : result;
        }
        finally
        {
            gpu?.Prepared = null;
        }
    }

    private GenerationResult RunPhases(GenerationRequest request, FrameSink frameSink, PhaseClock clock, CancellationToken cancellation)
    {
        if (model.MagicVideo is not null)
        {
            PromptEmbeddings prompts = Survive(backend, clock, () => new PromptEncoding(model, backend, clock).Encode(request, cancellation));
            return new MagicVideoPipeline(model, backend, clock).Generate(request, prompts, frameSink, cancellation);
        }

        if (model.SnapVideo is not null)
        {
            return new SnapVideoPipeline(model, backend, clock).Generate(request, frameSink, cancellation);
        }

        IScheduler scheduler = Samplers.Create(model.SchedulerConfig, request.Scheduler, request.Steps);
        LatentSize size = LatentSize.Of(request, model);

        Noise noise = Noise.Draw(request, scheduler.Timesteps.Count, size);

        PromptEmbeddings prompt = Survive(backend, clock, () => new PromptEncoding(model, backend, clock).Encode(request, cancellation));
        float[] latents = Survive(backend, clock, () => new Denoising(model, backend, clock, LatentSink).Run(request, scheduler, size, prompt, noise, cancellation));
        Decoding decoding = new(model, backend, clock, frameSink);
        Survive(backend, clock, () => decoding.Run(latents, size, cancellation));

        float[] ordered = new float[latents.Length];
        LatentLayout.ChannelsFirst(latents, ordered, size.Channels);
        return new(ordered, (size.Channels, size.Frames, size.Height, size.Width), clock.Finish(), clock.Notes);
    }

    /// <summary>Runs a phase; when the driver loses the device in it, opens the device again and repeats the phase once.</summary>
    internal static T Survive<T>(IGraphBackend backend, PhaseClock clock, Func<T> phase)
    {
        try
        {
            return phase();
        }
        catch (Exception error) when (backend.CanRecoverFrom(error))
        {
            clock.Note(backend.Recover());
        }

        return phase();
    }
}

/// <summary>Takes a finished frame.</summary>
/// <param name="index">From 0.</param>
/// <param name="rgb">RGB8 [H, W, 3].</param>
public delegate void FrameSink(int index, ReadOnlySpan<byte> rgb);

/// <summary>The latent video's extents: [1, T, H, W, C].</summary>
public readonly record struct LatentSize(int Frames, int Height, int Width, int Channels)
{
    public int Count => Frames * Height * Width * Channels;

    public static LatentSize Of(GenerationRequest request, ModelFolder model)
    {
        int factor = model.VaeConfig.PixelsPerLatent;
        return new(request.Frames, request.Height / factor, request.Width / factor, model.VaeConfig.ZChannels);
    }
}
