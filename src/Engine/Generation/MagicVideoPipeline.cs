using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Schedulers;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Engine.Generation;

/// <summary>MagicVideo's cascade: keyframes, the frames between, pixels, and larger pixels, each stage's memory free before the next one's.</summary>
/// <remarks>Noise is drawn in this order: the keyframes' start; the starts of all pairs of keyframes; for each frame the noise of its
/// enlarged image and the start of super-resolution. A sampler that adds noise draws it within each stage, step by step.</remarks>
public sealed class MagicVideoPipeline(ModelFolder model, IGraphBackend backend, PhaseClock clock)
{
    private readonly MagicVideoParts parts = model.MagicVideo ?? throw new GenerationException(null, $"{model.DisplayName} is no MagicVideo model.");

    /// <summary>Sees every frame before it is enlarged, unclamped; for tests.</summary>
    internal Action<float[]>? DecodedTap { get; init; }

    /// <summary>Sees every enlarged frame, unclamped; for tests.</summary>
    internal Action<float[]>? UpscaledTap { get; init; }

    /// <summary>Latents of the keyframes and of the frames between, then frames to the sink.</summary>
    public GenerationResult Generate(GenerationRequest request, PromptEmbeddings prompt, FrameSink sink, CancellationToken cancellation)
    {
        CascadeSize size = CascadeSize.Of(request, parts);
        ReplayableNoise noise = new(request.Noise ?? new SeededNoise(request.Seed));
        float[] latents = Survive(noise, () => Keyframes(request, size, prompt, noise, cancellation));
        if (size.Between > 0)
        {
            float[] keyframes = latents;
            latents = Survive(noise, () => Interpolate(keyframes, request, size, prompt, noise, cancellation));
        }

        CascadeDecoding decoding = new(parts, new WeightScope(model.Vae), backend, clock);
        if (size.Scale == 1)
        {
            Survive(noise, () => decoding.Run(latents, size, (i, rgb) => sink(i, ToBytes(rgb)), cancellation));
        }
        else
        {
            List<float[]> frames = [];
            Survive(noise, () => decoding.Run(latents, size, (_, frame) => frames.Add([.. frame]), cancellation));
            frames.ForEach(frame => DecodedTap?.Invoke(frame));
            Upscaling upscaling = new(parts, model.SchedulerConfig, backend, clock);
            Survive(noise, () => upscaling.Run(frames, request, size, prompt, noise, (i, rgb) => sink(i, ToBytes(rgb)), cancellation, UpscaledTap));
        }

        float[] ordered = new float[latents.Length];
        LatentLayout.ChannelsFirst(latents, ordered, size.Channels);
        return new(ordered, (size.Channels, size.Frames, size.Height, size.Width), clock.Finish(), clock.Notes);
    }

    /// <summary>The stage that makes the keyframes.</summary>
    public static StageDescription KeyframeStage(ModelFolder model, GenerationRequest request, CascadeSize size) => new(
        "keyframes", new MagicUNet(model.MagicVideo!.Keyframes, new WeightScope(model.UNet)), size.KeyframeShape, 0,
        (float)request.Fps / (size.Between + 1), Samplers.Create(model.SchedulerConfig, request.Scheduler, request.Steps));

    /// <summary>The stage that makes the frames between: keyframes in the first two slots, a mask as one more channel.</summary>
    public static StageDescription InterpolationStage(ModelFolder model, GenerationRequest request, CascadeSize size) => new(
        "interpolation", new MagicUNet(model.MagicVideo!.Interpolation!.Config, new WeightScope(model.MagicVideo.Interpolation.Weights.Value)),
        size.PairShape, 1, request.Fps, Samplers.Create(model.SchedulerConfig, request.Scheduler, request.Steps));

    /// <returns>[K, h, w, C].</returns>
    private float[] Keyframes(GenerationRequest request, CascadeSize size, PromptEmbeddings prompt, ReplayableNoise noise, CancellationToken cancellation)
    {
        clock.Begin(GenerationPhase.Load, 1);
        float[] start = noise.NextVideo((int)size.KeyframeShape.Count, size.Channels);
        StageDescription description = KeyframeStage(model, request, size);
        using CascadeStage stage = new(description, backend, request, prompt, clock, noise, cancellation);
        clock.Begin(GenerationPhase.Denoise, description.Scheduler.Timesteps.Count);
        int steps = 0;
        return stage.Sample(start, null, null, () => clock.Report(++steps), cancellation);
    }

    /// <param name="keyframes">[K, h, w, C].</param>
    /// <returns>[T, h, w, C].</returns>
    private float[] Interpolate(
        float[] keyframes, GenerationRequest request, CascadeSize size, PromptEmbeddings prompt, ReplayableNoise noise, CancellationToken cancellation)
    {
        clock.Begin(GenerationPhase.Load, 1);
        StageDescription description = InterpolationStage(model, request, size);
        using CascadeStage stage = new(description, backend, request, prompt, clock, noise, cancellation);
        (int frame, int between, int pairs) = (size.LatentCount, size.Between, size.PairsTogether);
        float[][] starts = [.. Enumerable.Range(0, size.Pairs).Select(_ => noise.NextVideo(between * frame, size.Channels))];
        float[] mask = MaskOf(size), result = new float[size.Frames * frame];
        clock.Begin(GenerationPhase.Interpolate, size.Pairs / pairs * description.Scheduler.Timesteps.Count);
        int steps = 0, slots = (between + 2) * frame;
        for (int first = 0; first < size.Pairs; first += pairs)
        {
            float[] start = new float[pairs * slots];
            for (int i = 0; i < pairs; i++)
            {
                starts[first + i].CopyTo(start.AsSpan((i * slots) + (2 * frame)));
            }

            int at = first;
            void KeepKeyframes(float[] sample)
            {
                for (int i = 0; i < pairs; i++)
                {
                    keyframes.AsSpan((at + i) * frame, 2 * frame).CopyTo(sample.AsSpan(i * slots));
                }
            }

            float[] filled = stage.Sample(start, mask, KeepKeyframes, () => clock.Report(++steps), cancellation);
            for (int i = 0; i < pairs; i++)
            {
                Span<float> target = result.AsSpan((first + i) * (between + 1) * frame);
                keyframes.AsSpan((first + i) * frame, frame).CopyTo(target);
                filled.AsSpan((i * slots) + (2 * frame), between * frame).CopyTo(target[frame..]);
            }
        }

        keyframes.AsSpan(size.Pairs * frame, frame).CopyTo(result.AsSpan((size.Frames - 1) * frame));
        return result;
    }

    /// <summary>1 in the two slots that are given, 0 in those to be filled; of every pair.</summary>
    private static float[] MaskOf(CascadeSize size)
    {
        int pixels = size.Height * size.Width;
        float[] one = new float[(size.Between + 2) * pixels];
        one.AsSpan(0, 2 * pixels).Fill(1);
        return [.. Enumerable.Repeat(one, size.PairsTogether).SelectMany(m => m)];
    }

    private static byte[] ToBytes(ReadOnlySpan<float> rgb)
    {
        byte[] bytes = new byte[rgb.Length];
        for (int i = 0; i < rgb.Length; i++)
        {
            bytes[i] = (byte)rgb[i];
        }

        return bytes;
    }

    private T Survive<T>(ReplayableNoise noise, Func<T> phase)
    {
        noise.Forget();
        return TextToVideoPipeline.Survive(backend, clock, () =>
        {
            noise.Position = 0;
            return phase();
        });
    }
}
