using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Schedulers;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Generation;

/// <summary>The denoising loop.</summary>
/// <remarks>What the loop needs of timesteps and prompt is computed before it (<see cref="UNetConditions"/>); a step writes its row of
/// shifts, its coefficients and its noise, and re-runs the one recorded graph: U-Net (twice with classifier-free guidance) and
/// scheduler step.</remarks>
/// <param name="latentSink">Sees the clean latents as they are believed to be after each step.</param>
public sealed class Denoising(ModelFolder model, IGraphBackend backend, PhaseClock clock, LatentSink? latentSink = null)
{
    private readonly UNet unet = new(model.UNetConfig, new WeightScope(model.UNet));

    /// <returns>The final latents [1, T, H, W, C].</returns>
    public float[] Run(GenerationRequest request, IScheduler scheduler, LatentSize size, PromptEmbeddings prompt, Noise noise, CancellationToken cancellation)
    {
        if (TryRun(backend.Storage, request, scheduler, size, prompt, noise, cancellation) is float[] latents)
        {
            return latents;
        }

        clock.Note("Denoising overflowed in fp16 and was redone in fp32.");
        return TryRun(StorageTypes.Single, request, scheduler, size, prompt, noise, cancellation)
            ?? throw new WeightException($"Denoising gave NaN or infinite values even in fp32: the U-Net weights of {model.DisplayName} are damaged.");
    }

    /// <returns>The latents, or null when a value overflowed.</returns>
    private float[]? TryRun(
        StorageTypes storage, GenerationRequest request, IScheduler scheduler, LatentSize size, PromptEmbeddings prompt,
        Noise noise, CancellationToken cancellation)
    {
        clock.Begin(GenerationPhase.Load, 1);
        UNetConditions conditions = UNetConditions.Compute(unet, backend, storage, request, scheduler, prompt, cancellation);
        using IGraphExecutor step = backend.Prepare(StepGraph.Build(unet, storage, size, prompt));
        conditions.WriteContext(step);
        clock.Begin(GenerationPhase.Denoise, scheduler.Timesteps.Count);
        float[] latents = [.. noise.Start], denoised = new float[size.Count], overflows = new float[1];
        for (int i = 0; i < scheduler.Timesteps.Count; i++)
        {
            step.Write("sample", latents);
            step.Write("noise", noise.Steps[i]);
            step.Write("shifts", conditions.ShiftsOf(i));
            step.Write("coefficients", StepGraph.Coefficients(scheduler.Step(i), request.GuidanceScale));
            step.Run(cancellation);
            step.Read("overflows", overflows);
            if (overflows[0] != 0)
            {
                return null;
            }

            step.Read("denoised", denoised);
            step.Read("next", latents);
            latentSink?.Invoke(i + 1, scheduler.Timesteps.Count, size, denoised);
            clock.Report(i + 1);
        }

        return scheduler.FinalIsDenoised ? denoised : latents;
    }
}
