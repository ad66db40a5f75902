using Hummingbird.Vulkan.Engine.Schedulers;
using Hummingbird.Vulkan.Vectors;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Schedulers;

/// <summary>Preconditioning and Heun's method of Snap Video, in fp64.</summary>
public sealed class EdmTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(32)]
    public void Scales_match(int sigmaIn)
    {
        using VectorFile file = new("sv_edm_precond");
        double[] expected = file.ReadDoubles($"out.sigma_in_{sigmaIn}"), sigmas = file.ReadDoubles("in.sigma");
        EdmPreconditioning preconditioning = new(sigmaIn);
        double[] found = [.. sigmas.SelectMany(s => ColumnsOf(preconditioning.At(s)))];
        Assert.Equal(expected.Length, found.Length);
        Assert.All(expected.Zip(found), p => Assert.Equal(p.First, p.Second, Math.Abs(p.First) * 1e-9));
    }

    [Fact]
    public void Denoised_sample_matches()
    {
        using VectorFile file = new("sv_edm_precond");
        (float[] x0, float[] noise, float[] answer, double sigma) = (file.Read("in.x0"), file.Read("in.noise"), file.Read("in.F"), file.ReadDoubles("in.sigma_one")[0]);
        EdmPreconditioning four = new(4);
        EdmScales scales = four.At(sigma);
        float[] scaled = [.. x0.Zip(noise, (x, n) => (float)((x / four.SigmaIn) + (sigma * n)))];
        float[] denoised = [.. scaled.Zip(answer, (x, f) => (float)((scales.Skip * x) + (scales.Output * f)))];
        Limits.Check([("x_sigma", Difference.Between(scaled, file.Read("out.x_sigma"))), ("D", Difference.Between(denoised, file.Read("out.D")))], 1e-6);
        Limits.Check([("identity", Difference.Between(x0, file.Read("out.D_of_exact_target")))], 1e-5);
    }

    /// <summary>With the exact target D gives back the data, whatever the noise; w is lambda's counterpart for F.</summary>
    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 1)]
    [InlineData(32, 1)]
    [InlineData(4, 0.5)]
    public void The_exact_target_gives_back_the_data(double sigmaIn, double sigmaData)
    {
        EdmPreconditioning preconditioning = new(sigmaIn, sigmaData);
        for (double sigma = 0.002; sigma < 100; sigma *= 1.13)
        {
            EdmScales s = preconditioning.At(sigma);
            foreach ((double x, double noise) in new[] { (0.7, -1.3), (-1, 0.2), (0.01, 2.5) })
            {
                double target = s.Target * ((sigmaData * sigmaData * noise) - (sigma * x));
                double found = (s.Skip * ((x / sigmaIn) + (sigma * noise))) + (s.Output * target);
                Assert.Equal(x, found, 1e-9);
            }

            if (sigmaData == 1)
            {
                Assert.Equal(s.Lambda * s.Output * s.Output, s.Weight, s.Weight * 1e-9);
            }
        }
    }

    [Fact]
    public void Noise_levels_and_guidance_match()
    {
        using VectorFile file = new("sv_sigma_plan");
        foreach (int steps in new[] { 256, 40 })
        {
            double[] expected = file.ReadDoubles($"out.sigmas_{steps}");
            Assert.All(expected.Zip(HeunSampler.Sigmas(steps, 0.002, 80, 7)), p => Assert.Equal(p.First, p.Second, 1e-9));
        }

        Assert.Equal(file.Read("out.guidance_40"), HeunSampler.OscillatingGuidance(40, 15, 1).Select(g => (float)g));
    }

    [Theory]
    [InlineData(256, 511)]
    [InlineData(40, 79)]
    public void Steps_take_two_evaluations_but_the_last(int steps, int evaluations)
    {
        double[] sigmas = HeunSampler.Sigmas(steps, 0.002, 80, 7);
        Assert.Equal(evaluations, HeunSampler.Plan(sigmas, new double[steps], 4).Length);
    }

    /// <summary>Against the sampler written step by step, on a denoiser that is not linear.</summary>
    [Fact]
    public void Evaluations_are_Heuns_method()
    {
        const double SigmaIn = 4;
        double[] sigmas = HeunSampler.Sigmas(9, 0.002, 80, 7);
        double Denoise(double x, double sigma) => Math.Tanh(x * SigmaIn / (1 + sigma));
        double expected = 80 * 0.37;
        for (int i = 0; i + 1 < sigmas.Length; i++)
        {
            double slope = (expected - (Denoise(expected, sigmas[i]) / SigmaIn)) / sigmas[i], length = sigmas[i + 1] - sigmas[i];
            double predicted = expected + (length * slope);
            double corrected = sigmas[i + 1] > 0 ? (predicted - (Denoise(predicted, sigmas[i + 1]) / SigmaIn)) / sigmas[i + 1] : slope;
            expected += length * (slope + corrected) / 2;
        }

        double start = 80 * 0.37, sample = start;
        foreach (HeunEvaluation e in HeunSampler.Plan(sigmas, new double[9], SigmaIn))
        {
            start = e.IsCorrection ? start : sample;
            sample = (e.OfSample * sample) + (e.OfDenoised * Denoise(sample, e.Sigma)) + (e.OfStart * start);
        }

        Assert.Equal(expected, sample, 1e-9);
    }

    [Fact]
    public void A_perfect_denoiser_gives_its_data()
    {
        double start = 80 * 1.9, sample = start;
        foreach (HeunEvaluation e in HeunSampler.Plan(HeunSampler.Sigmas(20, 0.002, 80, 7), new double[20], 32))
        {
            start = e.IsCorrection ? start : sample;
            sample = (e.OfSample * sample) + (e.OfDenoised * 0.6) + (e.OfStart * start);
        }

        Assert.Equal(0.6, 32 * sample, 1e-9);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1001)]
    public void Impossible_counts_of_steps_are_refused(int steps)
        => Assert.Contains($"not {steps}", Assert.Throws<SchedulerException>(() => HeunSampler.Sigmas(steps, 0.002, 80, 7)).Message, StringComparison.Ordinal);

    private static double[] ColumnsOf(EdmScales s) => [s.Input, s.Skip, s.Output, s.Target, s.Noise, s.Weight, s.Lambda];
}
