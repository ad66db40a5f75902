using Hummingbird.Vulkan.Engine.Schedulers;
using Hummingbird.Vulkan.Engine.Weights;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Schedulers;

public sealed class SchedulerTests : IDisposable
{
    private static readonly SchedulerConfig Lcm = new();
    private static readonly SchedulerConfig Ddim = new(ClassName: "DDIMScheduler", Eta: 1, UseScale: true, GuidanceEmbedding: false);

    private readonly VectorFile vectors = new("schedules");

    public void Dispose() => vectors.Dispose();

    [Fact]
    public void Fp32_schedule_equals_torch_to_the_last_bit() =>
        Assert.Equal(vectors.Read("alphas_cumprod_f32"), NoiseSchedule.AlphasCumprodFloat32(Lcm));

    [Fact]
    public void Fp64_schedule_agrees_with_the_fp32_one()
    {
        float[] fp64 = NoiseSchedule.AlphasCumprodFloat64(Lcm), fp32 = NoiseSchedule.AlphasCumprodFloat32(Lcm);
        for (int t = 0; t < fp64.Length; t++)
            Assert.InRange(Math.Abs(fp64[t] - fp32[t]) / fp32[t], 0, 2e-5);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void Lcm_timesteps_and_scalings_equal_the_reference(int steps)
    {
        var scheduler = new LcmScheduler(Lcm, steps);
        Assert.Equal(vectors.ReadIntegers($"lcm{steps}.timesteps"), scheduler.Timesteps.Select(t => (long)t));
        double[] expected = vectors.ReadDoubles($"lcm{steps}.c_skip_c_out");
        for (int i = 0; i < steps; i++)
        {
            (double skip, double output) = scheduler.BoundaryScalings(scheduler.Timesteps[i]);
            AssertClose([expected[2 * i], expected[(2 * i) + 1]], [skip, output], 1e-14);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void Lcm_trajectory_equals_the_reference(int steps)
    {
        var scheduler = new LcmScheduler(Lcm, steps);
        float[] x = vectors.Read($"lcm{steps}.x0"), denoised = new float[x.Length];
        for (int i = 0; i < steps; i++)
        {
            scheduler.Step(i).Apply(x, vectors.Read($"lcm{steps}.eps{i}"), vectors.Read($"lcm{steps}.noise{i}"), x, denoised);
            AssertClose(vectors.Read($"lcm{steps}.denoised{i}"), denoised, 1e-6);
            AssertClose(vectors.Read($"lcm{steps}.x{i + 1}"), x, 1e-6);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Ddim_tables_equal_the_reference(int eta)
    {
        var scheduler = new DdimScheduler(Ddim, 50, eta);
        DdimScheduler.DdimTable[] tables = [.. Enumerable.Range(0, 50).Reverse().Select(scheduler.Table)];
        string key = $"ddim50_eta{eta}.";
        Assert.Equal(vectors.ReadIntegers(key + "timesteps"), scheduler.Timesteps.Reverse().Select(t => (long)t));
        Assert.Equal(vectors.ReadDoubles(key + "alpha"), tables.Select(t => t.Alpha));
        Assert.Equal(vectors.ReadDoubles(key + "alpha_prev"), tables.Select(t => t.AlphaPrevious));
        Assert.Equal(vectors.ReadDoubles(key + "scale"), tables.Select(t => t.Scale));
        Assert.Equal(vectors.ReadDoubles(key + "scale_prev"), tables.Select(t => t.ScalePrevious));
        AssertClose(vectors.ReadDoubles(key + "sigma"), [.. tables.Select(t => t.Sigma)], 1e-14);
    }

    [Fact]
    public void Ddim_steps_with_guidance_equal_the_reference()
    {
        var scheduler = new DdimScheduler(Ddim, 50);
        float[] x = vectors.Read("ddim.x"), x0 = new float[x.Length], eps = new float[x.Length];
        int[] tableIndices = [49, 48, 0];
        for (int n = 0; n < tableIndices.Length; n++)
        {
            ClassifierFreeGuidance.Combine(vectors.Read($"ddim.{n}.eps_cond"), vectors.Read($"ddim.{n}.eps_uncond"), 12, eps);
            scheduler.Step(49 - tableIndices[n]).Apply(x, eps, vectors.Read($"ddim.{n}.noise"), x, x0);
            AssertClose(vectors.Read($"ddim.{n}.pred_x0"), x0, 1e-6);
            AssertClose(vectors.Read($"ddim.{n}.x_prev"), x, 1e-6);
        }
    }

    [Fact]
    public void Ddim_runs_as_many_steps_as_asked_for()
    {
        foreach (int steps in (int[])[1, 2, 3, 7, 30, 300, 499, 999])
        {
            var scheduler = new DdimScheduler(Ddim, steps);
            Assert.Equal(steps, scheduler.Timesteps.Count);
            Assert.All(scheduler.Timesteps, t => Assert.InRange(t, 1, 999));
            Assert.Equal(scheduler.Timesteps.OrderDescending().Distinct(), scheduler.Timesteps);
            for (int i = 0; i < steps; i++)
                Assert.True(float.IsFinite(scheduler.Step(i).NextEpsilon) && scheduler.Step(i).NextNoise >= 0);
        }
    }

    [Fact]
    public void Samplers_differ_in_what_they_return_and_how_they_guide()
    {
        Assert.Equal((true, GuidanceKind.Embedded), (Samplers.Create(Lcm, null, 4).FinalIsDenoised, Samplers.Create(Lcm, "lcm", 4).Guidance));
        Assert.Equal((false, GuidanceKind.ClassifierFree), (Samplers.Create(Ddim, null, 50).FinalIsDenoised, Samplers.Create(Ddim, "ddim", 50).Guidance));
        Assert.Equal(0, new DdimScheduler(Ddim, 50, eta: 0).Step(3).NextNoise);
        Assert.NotEqual(new DdimScheduler(Ddim, 50, useScale: false).Step(3), new DdimScheduler(Ddim, 50).Step(3));
    }

    [Theory]
    [InlineData("lcm", 0, "LCM takes 1 to 50 steps, not 0")]
    [InlineData("lcm", 51, "LCM takes 1 to 50 steps, not 51")]
    [InlineData("lcm", -1, "LCM takes 1 to 50 steps, not -1")]
    [InlineData("ddim", 0, "DDIM takes 1 to 999 steps, not 0")]
    [InlineData("ddim", 1000, "DDIM takes 1 to 999 steps, not 1000")]
    [InlineData("euler", 20, "There is no scheduler 'euler'; there are lcm, ddim, ddpm")]
    public void Impossible_settings_say_what_is_possible(string name, int steps, string says) =>
        Assert.Contains(says, Assert.Throws<SchedulerException>(() => Samplers.Create(Lcm, name, steps)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void Impossible_eta_is_refused(double eta) =>
        Assert.Contains("eta from 0", Assert.Throws<SchedulerException>(() => new DdimScheduler(Ddim, 50, eta)).Message, StringComparison.Ordinal);

    /// <summary>Largest difference relative to the largest value.</summary>
    private static void AssertClose(float[] expected, float[] actual, double tolerance) =>
        AssertClose([.. expected.Select(v => (double)v)], [.. actual.Select(v => (double)v)], tolerance);

    private static void AssertClose(double[] expected, double[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        double scale = expected.Max(Math.Abs);
        double worst = expected.Zip(actual, (e, a) => Math.Abs(e - a)).Max();
        Assert.True(worst <= tolerance * scale, $"differs by {worst} at a scale of {scale}");
    }
}
