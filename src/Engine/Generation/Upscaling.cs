using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Schedulers;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Engine.Generation;

/// <summary>MagicVideo's super-resolution: each frame by itself, denoised beside its enlarged and noisy self.</summary>
internal sealed class Upscaling(MagicVideoParts parts, SchedulerConfig sampler, IGraphBackend backend, PhaseClock clock)
{
    private int finished;

    /// <summary>The stage, for a frame.</summary>
    public static StageDescription Stage(MagicVideoParts parts, SchedulerConfig sampler, GenerationRequest request, CascadeSize size) => new(
        "upscaling", new MagicUNet(parts.Upscaling!.Config, new WeightScope(parts.Upscaling.Weights.Value)), size.LargeFrameShape, 3,
        parts.Settings.SrAugLevel, Samplers.Create(MagicVideoParts.UpscalingSchedule(sampler), request.Scheduler, request.Steps));

    /// <summary>Enlarges what has not been enlarged yet; may be called again after it was interrupted.</summary>
    /// <param name="frames">[H, W, 3], about [-1, 1].</param>
    /// <param name="request">Steps, guidance, sampler.</param>
    /// <param name="size">Extents.</param>
    /// <param name="prompt">Embedded.</param>
    /// <param name="noise">Of each frame: its enlarged self's, then the start.</param>
    /// <param name="take">Receives bytes.</param>
    /// <param name="cancellation">Honoured between submits.</param>
    /// <param name="tap">Sees the unclamped frames; for tests.</param>
    /// <returns>How many frames there are.</returns>
    public int Run(
        IReadOnlyList<float[]> frames, GenerationRequest request, CascadeSize size, PromptEmbeddings prompt, ReplayableNoise noise,
        DecodedFrame take, CancellationToken cancellation, Action<float[]>? tap = null)
    {
        clock.Begin(GenerationPhase.Load, 1);
        StageDescription description = Stage(parts, sampler, request, size);
        int count = (int)size.LargeFrameShape.Count, steps = 0, before = finished;
        using CascadeStage stage = new(description, backend, request, prompt, clock, noise, cancellation);
        using IGraphExecutor enlarge = backend.Prepare(CascadeGraphs.Enlarge(size)), bytes = backend.Prepare(CascadeGraphs.Bytes(size));
        clock.Begin(GenerationPhase.Upscale, (frames.Count - before) * description.Scheduler.Timesteps.Count);
        double signal = NoiseSchedule.AlphasCumprod(MagicVideoParts.UpscalingSchedule(sampler))[parts.Settings.SrAugLevel];
        float[] given = new float[count], rgb = new float[count];
        while (finished < frames.Count)
        {
            noise.Forget();
            enlarge.Write("frame", [.. frames[finished].Select(v => Math.Clamp(v, -1, 1))]);
            enlarge.Write("noise", noise.NextVideo(count, 3));
            enlarge.Write("coefficients", [(float)Math.Sqrt(signal), (float)Math.Sqrt(1 - signal), 0, 0]);
            enlarge.Run(cancellation);
            enlarge.Read("given", given);
            float[] start = noise.NextVideo(count, 3);
            float[] large = stage.Sample(start, given, null, () => clock.Report(++steps), cancellation);
            tap?.Invoke(large);
            bytes.Write("frame", large);
            bytes.Run(cancellation);
            bytes.Read("rgb", rgb);
            take(finished++, rgb);
        }

        return finished;
    }
}
