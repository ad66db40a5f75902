namespace Hummingbird.Vulkan.Engine.Schedulers;

/// <summary>How the guidance scale reaches the network.</summary>
public enum GuidanceKind
{
    /// <summary>As an embedding: one network call a step (distilled models).</summary>
    Embedded,

    /// <summary>Two calls a step, with and without the prompt: eps = uncond + scale (cond - uncond).</summary>
    ClassifierFree,
}

/// <summary>One sampler: which timesteps the network sees, and how each of its answers moves the latents on.</summary>
public interface IScheduler
{
    /// <summary>The timestep of every step, in the order they are run.</summary>
    IReadOnlyList<int> Timesteps { get; }

    GuidanceKind Guidance { get; }

    /// <summary>Whether the result is the last step's denoised latents (LCM) and not its next ones (DDIM).</summary>
    bool FinalIsDenoised { get; }

    /// <summary>The coefficients of a step, 0 being the first one run.</summary>
    StepCoefficients Step(int index);
}

/// <summary>A sampler step, which is linear in sample x, network answer eps and fresh noise z:
/// denoised = DenoisedSample x + DenoisedEpsilon eps; next = NextSample x + NextEpsilon eps + NextNoise z.</summary>
/// <remarks>Host and GPU share these five numbers, so that there is one formula for each sampler. z ~ N(0, 1).</remarks>
public readonly record struct StepCoefficients(
    float DenoisedSample, float DenoisedEpsilon, float NextSample, float NextEpsilon, float NextNoise)
{
    /// <summary>Applies the step element by element. Outputs may be the same memory as any input.</summary>
    public void Apply(ReadOnlySpan<float> sample, ReadOnlySpan<float> epsilon, ReadOnlySpan<float> noise, Span<float> next, Span<float> denoised)
    {
        for (int i = 0; i < sample.Length; i++)
        {
            (float x, float eps, float z) = (sample[i], epsilon[i], noise[i]);
            denoised[i] = (DenoisedSample * x) + (DenoisedEpsilon * eps);
            next[i] = (NextSample * x) + (NextEpsilon * eps) + (NextNoise * z);
        }
    }
}

/// <summary>Classifier-free guidance (Ho and Salimans, 2022).</summary>
public static class ClassifierFreeGuidance
{
    /// <summary>result = unconditional + scale (conditional - unconditional), element by element; may be in place.</summary>
    public static void Combine(ReadOnlySpan<float> conditional, ReadOnlySpan<float> unconditional, float scale, Span<float> result)
    {
        for (int i = 0; i < conditional.Length; i++)
            result[i] = unconditional[i] + (scale * (conditional[i] - unconditional[i]));
    }
}
