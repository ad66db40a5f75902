using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Engine.Schedulers;

/// <summary>DDIM, with the scale array VideoCrafter2 was trained with where the model asks for it.</summary>
/// <remarks>x0 = (x - sqrt(1-a) eps) / sqrt(a) / s; next = sqrt(a') s' x0 + sqrt(1 - a' - sigma^2) eps + sigma z, with
/// sigma = eta sqrt((1-a')/(1-a) (1 - a/a')). Song et al., "Denoising Diffusion Implicit Models", 2021.
/// Timesteps are floor(i n / steps) + 1, last one first: the original's for every divisor of n. For other counts the original strides
/// by n / steps rounded down and so runs more steps than asked for; here the count is what was asked for.</remarks>
public sealed class DdimScheduler : IScheduler
{
    private readonly SchedulerConfig config;
    private readonly double eta;
    private readonly double[] alphasCumprod;
    private readonly float[] scales;
    private readonly int[] timesteps;

    /// <param name="config">Noise schedule and scale array.</param>
    /// <param name="steps">Number of steps.</param>
    /// <param name="eta">0 deterministic to 1 as noisy as DDPM; null takes the configuration's.</param>
    /// <param name="useScale">Whether x0 is rescaled; null takes the configuration's.</param>
    /// <exception cref="SchedulerException">Steps or eta out of range.</exception>
    public DdimScheduler(SchedulerConfig config, int steps, double? eta = null, bool? useScale = null)
    {
        int n = config.NumTrainTimesteps;
        if (steps < 1 || steps > n - 1)
            throw new SchedulerException($"DDIM takes 1 to {n - 1} steps, not {steps}; 25 to 50 are usual.");
        this.eta = eta ?? config.Eta;
        if (this.eta is not (>= 0 and <= 1))
            throw new SchedulerException($"DDIM takes an eta from 0 (deterministic) to 1 (as noisy as DDPM), not {this.eta}.");
        this.config = config;

        // VideoCrafter2, whose scale array this is, keeps its table in fp32.
        bool isScaled = useScale ?? config.UseScale;
        alphasCumprod = isScaled ? [.. NoiseSchedule.AlphasCumprodFloat64(config)] : NoiseSchedule.AlphasCumprod(config);
        scales = isScaled ? ScaleArray(config) : [.. Enumerable.Repeat(1f, n)];
        timesteps = new int[steps];
        for (int i = 0; i < steps; i++)
            timesteps[steps - 1 - i] = (int)((long)i * n / steps) + 1;
    }

    public IReadOnlyList<int> Timesteps => timesteps;

    public GuidanceKind Guidance => config.GuidanceEmbedding ? GuidanceKind.Embedded : GuidanceKind.ClassifierFree;

    public bool FinalIsDenoised => false;

    public StepCoefficients Step(int index)
    {
        DdimTable t = Table(index);
        double sample = 1 / Math.Sqrt(t.Alpha) / t.Scale;
        double epsilon = -Math.Sqrt(1 - t.Alpha) * sample;
        double keep = Math.Sqrt(t.AlphaPrevious) * t.ScalePrevious;
        double direction = Math.Sqrt(Math.Max(0, 1 - t.AlphaPrevious - (t.Sigma * t.Sigma)));
        return new StepCoefficients((float)sample, (float)epsilon, (float)(keep * sample), (float)((keep * epsilon) + direction), (float)t.Sigma);
    }

    /// <summary>The numbers of a step: "previous" is the timestep it leads to.</summary>
    internal DdimTable Table(int index)
    {
        int t = timesteps[index];
        int previous = index + 1 < timesteps.Length ? timesteps[index + 1] : 0;
        (double a, double aPrevious) = (alphasCumprod[t], alphasCumprod[previous]);
        double sigma = eta * Math.Sqrt((1 - aPrevious) / (1 - a) * (1 - (a / aPrevious)));
        return new DdimTable(a, aPrevious, sigma, scales[t], scales[previous]);
    }

    internal readonly record struct DdimTable(double Alpha, double AlphaPrevious, double Sigma, double Scale, double ScalePrevious);

    /// <summary>From scale_a at timestep 0 linearly to scale_b just before mid_step, scale_b from there on.</summary>
    private static float[] ScaleArray(SchedulerConfig config)
    {
        float[] result = new float[config.NumTrainTimesteps];
        double step = config.MidStep > 1 ? (config.ScaleB - config.ScaleA) / (config.MidStep - 1) : 0;
        for (int t = 0; t < result.Length; t++)
            result[t] = (float)(t < config.MidStep - 1 ? config.ScaleA + (step * t) : config.ScaleB);
        return result;
    }
}
