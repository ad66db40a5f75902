using System.Collections.Immutable;

namespace Hummingbird.Vulkan.Engine.Schedulers;

/// <summary>One network evaluation of <see cref="HeunSampler"/> and what follows it: next = OfSample x + OfDenoised D(x) + OfStart x0, where
/// x0 is the sample at the step's start.</summary>
/// <param name="Step">From 0.</param>
/// <param name="IsCorrection">The second evaluation of a step; the first one's x is x0.</param>
/// <param name="Sigma">Noise level of the sample the network sees.</param>
/// <param name="Guidance">Guidance scale of the step.</param>
public readonly record struct HeunEvaluation(
    int Step, bool IsCorrection, double Sigma, double Guidance, double OfSample, double OfDenoised, double OfStart);

/// <summary>EDM's deterministic second-order sampler over scaled inputs, as a list of evaluations that are linear in their tensors.</summary>
/// <remarks>Source: Karras et al. 2022, algorithm 1, with D replaced by D / sigma_in (Snap Video 2024, section 3.1). The result times
/// sigma_in is the sample; no correction follows the last step.</remarks>
public static class HeunSampler
{
    public const int MostSteps = 1000;

    /// <summary>sigma_max to sigma_min in equal steps of sigma^(1/rho), then 0: steps + 1 numbers.</summary>
    /// <exception cref="SchedulerException">Fewer than two steps, or more than <see cref="MostSteps"/>.</exception>
    public static double[] Sigmas(int steps, double smallest, double largest, double rho)
    {
        if (steps is < 2 or > MostSteps)
        {
            throw new SchedulerException($"The EDM sampler takes 2 to {MostSteps} steps, not {steps}; 40 to 256 are usual.");
        }

        double first = Math.Pow(largest, 1 / rho), last = Math.Pow(smallest, 1 / rho);
        return [.. Enumerable.Range(0, steps).Select(i => Math.Pow(first + ((double)i / (steps - 1) * (last - first)), rho)), 0];
    }

    /// <summary>Oscillating guidance: high for the first quarter of the steps, then low and high in turns.</summary>
    /// <remarks>Source: Imagen Video (Ho et al. 2022), section 2.6.</remarks>
    public static double[] OscillatingGuidance(int steps, double high, double low)
    {
        int constant = steps / 4;
        return [.. Enumerable.Range(0, steps).Select(i => i < constant || (i - constant) % 2 != 0 ? high : low)];
    }

    /// <param name="sigmas">Noise levels, the last one 0.</param>
    /// <param name="guidance">Guidance scale of every step.</param>
    /// <param name="sigmaIn">Of the preconditioning.</param>
    public static ImmutableArray<HeunEvaluation> Plan(ReadOnlySpan<double> sigmas, ReadOnlySpan<double> guidance, double sigmaIn)
    {
        var plan = ImmutableArray.CreateBuilder<HeunEvaluation>();
        for (int i = 0; i < guidance.Length; i++)
        {
            (double now, double next) = (sigmas[i], sigmas[i + 1]);
            double length = next - now;

            // x' = x + length d with d = (x - D / m) / sigma.
            plan.Add(new(i, IsCorrection: false, now, guidance[i], 1 + (length / now), -length / (now * sigmaIn), 0));
            if (next > 0)
            {
                // x0 + length (d + d') / 2 with length d = x' - x0.
                plan.Add(new(i, IsCorrection: true, next, guidance[i], 0.5 + (length / (2 * next)), -length / (2 * next * sigmaIn), 0.5));
            }
        }

        return plan.ToImmutable();
    }
}
