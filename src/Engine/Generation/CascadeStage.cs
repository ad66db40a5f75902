using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Schedulers;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Generation;

/// <summary>What one diffusion stage of a cascade is made of.</summary>
/// <param name="Name">Of its graphs.</param>
/// <param name="Network">Its U-Net.</param>
/// <param name="Shape">Of what goes through it at once, [B, F, H, W, C].</param>
/// <param name="Given">Channels the network reads behind the sample's, 0 for none.</param>
/// <param name="Fps">Frame rate as the network is told it; super-resolution: the noise level.</param>
/// <param name="Scheduler">Its sampler.</param>
public sealed record StageDescription(string Name, MagicUNet Network, Shape Shape, int Given, float Fps, IScheduler Scheduler)
{
    /// <summary>Whether the sampler adds noise on the way.</summary>
    public bool IsNoisy => Enumerable.Range(0, Scheduler.Timesteps.Count).Any(i => Scheduler.Step(i).NextNoise != 0);
}

/// <summary>A diffusion stage, ready to sample again and again: network, conditions and one recorded step.</summary>
internal sealed class CascadeStage : IDisposable
{
    private readonly StageDescription stage;
    private readonly IGraphBackend backend;
    private readonly GenerationRequest request;
    private readonly PromptEmbeddings prompt;
    private readonly PhaseClock clock;
    private readonly ReplayableNoise noise;
    private UNetConditions conditions;
    private IGraphExecutor step;

    public CascadeStage(
        StageDescription stage, IGraphBackend backend, GenerationRequest request, PromptEmbeddings prompt, PhaseClock clock,
        ReplayableNoise noise, CancellationToken cancellation)
    {
        (this.stage, this.backend, this.request, this.prompt, this.clock, this.noise) = (stage, backend, request, prompt, clock, noise);
        (conditions, step) = Prepare(backend.Storage, cancellation);
    }

    /// <summary>Denoises one batch.</summary>
    /// <param name="start">Noise, [B, F, H, W, C].</param>
    /// <param name="given">What the network reads behind the sample.</param>
    /// <param name="beforeStep">Sees the sample before every step; may write what must stay as it is.</param>
    /// <param name="done">After every step.</param>
    /// <exception cref="WeightException">NaN or infinite values even in fp32.</exception>
    public float[] Sample(float[] start, float[]? given, Action<float[]>? beforeStep, Action done, CancellationToken cancellation)
    {
        int drawn = noise.Position;
        if (TrySample(start, given, beforeStep, done, cancellation) is { } sample)
        {
            return sample;
        }

        clock.Note($"The stage {stage.Name} overflowed in fp16 and was redone in fp32.");
        noise.Position = drawn;
        step.Dispose();
        (conditions, step) = Prepare(StorageTypes.Single, cancellation);
        return TrySample(start, given, beforeStep, () => { }, cancellation)
            ?? throw new WeightException($"The stage {stage.Name} gave NaN or infinite values even in fp32: its weights are damaged.");
    }

    public void Dispose() => step.Dispose();

    private (UNetConditions Conditions, IGraphExecutor Step) Prepare(StorageTypes storage, CancellationToken cancellation)
    {
        UNetConditions constants = UNetConditions.Compute(
            stage.Network, backend, storage, request, stage.Scheduler, prompt, cancellation, stage.Fps);
        IGraphExecutor executor = backend.Prepare(
            CascadeGraphs.Step(stage.Name, stage.Network, storage, stage.Shape, stage.Given, prompt.Tokens, stage.IsNoisy));
        constants.WriteContext(executor);
        return (constants, executor);
    }

    private float[]? TrySample(
        float[] start, float[]? given, Action<float[]>? beforeStep, Action done, CancellationToken cancellation)
    {
        float[] sample = [.. start], overflows = new float[1];
        if (given is not null)
        {
            step.Write("given", given);
        }

        for (int i = 0; i < stage.Scheduler.Timesteps.Count; i++)
        {
            beforeStep?.Invoke(sample);
            StepCoefficients c = stage.Scheduler.Step(i);
            step.Write("sample", sample);
            step.Write("shifts", conditions.ShiftsOf(i));
            step.Write("coefficients", [c.NextSample, c.NextEpsilon, c.NextNoise, (float)request.GuidanceScale]);
            if (stage.IsNoisy)
            {
                step.Write("noise", noise.NextVideo((int)stage.Shape.Count, stage.Shape.Channels));
            }

            step.Run(cancellation);
            step.Read("overflows", overflows);
            if (overflows[0] != 0)
            {
                return null;
            }

            step.Read("next", sample);
            done();
        }

        return sample;
    }
}
