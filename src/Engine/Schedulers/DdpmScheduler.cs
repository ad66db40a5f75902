using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Engine.Schedulers;

/// <summary>DDPM's ancestral sampler, over all timesteps or over as many as there are steps, evenly apart.</summary>
/// <remarks>next = (x - (1 - r) / sqrt(1 - a) eps) / sqrt(r) + sqrt((1 - a') / (1 - a) (1 - r)) z with r = a / a', the signal that one
/// step keeps; a' = 1 behind the last. Over all timesteps r is 1 - beta. Ho et al., "Denoising Diffusion Probabilistic Models", 2020;
/// fewer steps as in Nichol and Dhariwal, "Improved DDPM", 2021.</remarks>
public sealed class DdpmScheduler : IScheduler
{
    private readonly double[] alphasCumprod;
    private readonly bool isEmbedded;
    private readonly int[] timesteps;

    /// <exception cref="SchedulerException">Steps out of range.</exception>
    public DdpmScheduler(SchedulerConfig config, int steps)
    {
        int n = config.NumTrainTimesteps;
        if (steps < 1 || steps > n)
        {
            throw new SchedulerException($"DDPM takes 1 to {n} steps, not {steps}; {n} are usual.");
        }

        alphasCumprod = NoiseSchedule.AlphasCumprod(config);
        isEmbedded = config.GuidanceEmbedding;
        timesteps = [.. Enumerable.Range(0, steps).Select(i => (int)((long)(steps - i) * n / steps) - 1)];
    }

    public IReadOnlyList<int> Timesteps => timesteps;

    public GuidanceKind Guidance => isEmbedded ? GuidanceKind.Embedded : GuidanceKind.ClassifierFree;

    public bool FinalIsDenoised => false;

    public StepCoefficients Step(int index)
    {
        double a = alphasCumprod[timesteps[index]], previous = index + 1 < timesteps.Length ? alphasCumprod[timesteps[index + 1]] : 1;
        double kept = a / previous, sample = 1 / Math.Sqrt(kept);
        return new(
            (float)(1 / Math.Sqrt(a)), (float)(-Math.Sqrt(1 - a) / Math.Sqrt(a)),
            (float)sample, (float)(-(1 - kept) / Math.Sqrt(1 - a) * sample), (float)Math.Sqrt((1 - previous) / (1 - a) * (1 - kept)));
    }
}
