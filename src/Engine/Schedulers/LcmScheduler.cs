using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Engine.Schedulers;

/// <summary>Multi-step latent consistency sampling, for models distilled to a few steps (Hummingbird, T2V-Turbo).</summary>
/// <remarks>x0 = (x - sqrt(1-a) eps) / sqrt(a); denoised = c_out x0 + c_skip x; next = sqrt(a') denoised + sqrt(1-a') z, with a the
/// alpha-bar of this timestep and a' of the next. c_skip and c_out are the boundary conditions of consistency models. The last step has
/// no next timestep and noises to its own; its result is <c>denoised</c>. Luo et al., "Latent Consistency Models", 2023.</remarks>
public sealed class LcmScheduler : IScheduler
{
    private readonly SchedulerConfig config;
    private readonly float[] alphasCumprod;
    private readonly int[] timesteps;

    /// <exception cref="SchedulerException">The number of steps is not between 1 and original_inference_steps.</exception>
    public LcmScheduler(SchedulerConfig config, int steps)
    {
        int original = config.OriginalInferenceSteps;
        if (steps < 1 || steps > original)
            throw new SchedulerException($"LCM takes 1 to {original} steps, not {steps}; 4 to 8 are usual.");
        this.config = config;
        alphasCumprod = NoiseSchedule.AlphasCumprodFloat32(config);
        (int trainStride, int stride) = (config.NumTrainTimesteps / original, original / steps);
        timesteps = new int[steps];
        for (int i = 0; i < steps; i++)
            timesteps[i] = ((original - (i * stride)) * trainStride) - 1;
    }

    public IReadOnlyList<int> Timesteps => timesteps;

    public GuidanceKind Guidance => config.GuidanceEmbedding ? GuidanceKind.Embedded : GuidanceKind.ClassifierFree;

    public bool FinalIsDenoised => true;

    public StepCoefficients Step(int index)
    {
        (double skip, double output) = BoundaryScalings(timesteps[index]);
        double a = alphasCumprod[timesteps[index]];
        double sample = (output / Math.Sqrt(a)) + skip;
        double epsilon = -output * Math.Sqrt(1 - a) / Math.Sqrt(a);

        // A single step has nothing to noise for: next is the result itself.
        if (timesteps.Length == 1)
            return new StepCoefficients((float)sample, (float)epsilon, (float)sample, (float)epsilon, 0);
        double next = alphasCumprod[timesteps[Math.Min(index + 1, timesteps.Length - 1)]];
        double keep = Math.Sqrt(next);
        return new StepCoefficients((float)sample, (float)epsilon, (float)(keep * sample), (float)(keep * epsilon), (float)Math.Sqrt(1 - next));
    }

    /// <summary>c_skip and c_out: at timestep 0 the sample itself, far from it the prediction alone.</summary>
    internal (double Skip, double Out) BoundaryScalings(int timestep)
    {
        double scaled = timestep * config.TimestepScaling;
        double variance = config.SigmaData * config.SigmaData;
        double total = (scaled * scaled) + variance;
        return (variance / total, scaled / Math.Sqrt(total));
    }
}
