using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Generation;

/// <summary>Text to video in pixels: T5, then one or two stages of FIT. There is no auto-encoder.</summary>
public sealed class SnapVideoPipeline(ModelFolder model, IGraphBackend backend, PhaseClock clock)
{
    private const int Channels = 3;

    private readonly SnapVideoParts parts = model.SnapVideo ?? throw new ArgumentException($"{model.DisplayName} is no Snap Video model.");

    /// <param name="request">Checked.</param>
    /// <param name="frameSink">Receives the frames in order.</param>
    /// <param name="cancellation">Honoured between submits.</param>
    public GenerationResult Generate(GenerationRequest request, FrameSink frameSink, CancellationToken cancellation)
    {
        SnapCascade cascade = new(parts);
        INoiseSource source = request.Noise ?? new SeededNoise(request.Seed);
        float[] text = Repeatable(() => EncodePrompt(request.Prompt, cancellation));
        FitInformation information = new(
            text, parts.Sampler.TextLength, request.Frames == 1 ? double.PositiveInfinity : request.Fps, parts.Height, parts.Width, parts.Sampler.SigmaAug);
        float[] noise = source.Next(Count(parts.First));
        FitStage first = cascade.First(model.UNet, request.Steps, request.GuidanceScale);
        float[] video = Repeatable(() => Sample(first, information, noise, [], cancellation));
        video = SnapCascade.WithoutPadding(video, parts.First, parts.Sampler.Stage1);
        if (parts.Second is { } large)
        {
            float[] coarse = cascade.Coarse(video, source.Next(Count(large)));
            noise = source.Next(Count(large));
            FitStage second = cascade.Second(model.Vae, request.Steps, request.GuidanceScale);
            video = Repeatable(() => Sample(second, information, noise, coarse, cancellation));
        }

        if (request.Frames == 1)
        {
            video = SnapCascade.MeanFrame(video, parts.Frames);
        }

        Deliver(video, request.Frames, frameSink);
        return new(video, (Channels, request.Frames, parts.Height, parts.Width), clock.Finish(), clock.Notes);
    }

    /// <summary><c>ids</c> [1, L] -> <c>states</c> [1, L, C].</summary>
    public static ComputeGraph BuildText(ModelFolder model, StorageTypes storage, int tokens)
    {
        GraphBuilder g = new("text_encoder", DType.F32, storage.Weights);
        g.Output("states", new T5Encoder(model.SnapVideo!.Text, new WeightScope(model.TextEncoder)).Forward(g, g.Input("ids", [1, tokens], DType.I32)));
        return g.Build();
    }

    private static int Count(FitConfig config) => config.InChannels * config.Frames * config.Height * config.Width;

    /// <summary>States [L, C]; the text's own tokens are encoded without padding, rows behind them are zero.</summary>
    private float[] EncodePrompt(string prompt, CancellationToken cancellation)
    {
        clock.Begin(GenerationPhase.Load, 1);
        int[] ids = [.. model.Tokenizer.EncodeToIds(prompt).Take(parts.Sampler.TextLength - 1), parts.Text.EosTokenId];
        using IGraphExecutor executor = backend.Prepare(BuildText(model, backend.Storage, ids.Length));
        clock.Begin(GenerationPhase.EncodePrompt, 1);
        executor.Write("ids", [.. ids.Select(id => (float)id)]);
        executor.Run(cancellation);
        float[] states = new float[parts.Sampler.TextLength * parts.Text.DModel];
        executor.Read("states", states.AsSpan(0, ids.Length * parts.Text.DModel));
        return states;
    }

    private float[] Sample(FitStage stage, FitInformation information, float[] noise, float[] coarse, CancellationToken cancellation)
    {
        float[]? Try(StorageTypes storage)
        {
            clock.Begin(GenerationPhase.Load, 1);
            void Show(int done)
            {
                if (done == 0)
                {
                    clock.Begin(GenerationPhase.Denoise, stage.Evaluations.Length);
                }
                else
                {
                    clock.Report(done);
                }
            }

            return stage.Sample(backend, storage, information, noise, coarse, Show, cancellation: cancellation);
        }

        if (Try(backend.Storage) is { } video)
        {
            return video;
        }

        clock.Note($"Denoising overflowed in fp16 in {stage.Name} and was redone in fp32.");
        return Try(StorageTypes.Single)
            ?? throw new WeightException($"Denoising gave NaN or infinite values even in fp32: the weights of {stage.Name} of {model.DisplayName} are damaged.");
    }

    private T Repeatable<T>(Func<T> phase)
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

    /// <summary>[C, T, H, W] to bytes, as the kernel to_rgb8 makes them.</summary>
    private void Deliver(float[] video, int frames, FrameSink frameSink)
    {
        clock.Begin(GenerationPhase.Decode, frames);
        int pixels = parts.Height * parts.Width;
        byte[] rgb = new byte[pixels * Channels];
        for (int frame = 0; frame < frames; frame++)
        {
            for (int i = 0; i < rgb.Length; i++)
            {
                float value = video[(((i % Channels * frames) + frame) * pixels) + (i / Channels)];
                rgb[i] = float.IsNaN(value) ? (byte)0 : (byte)((Math.Clamp(value, -1f, 1f) + 1f) / 2f * 255f);
            }

            frameSink(frame, rgb);
            clock.Report(frame + 1);
        }
    }
}
