using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Schedulers;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Vectors;

/// <summary>Snap Video's sampler over tiny networks, and both stages one behind the other.</summary>
public static class SnapTrajectoryVectors
{
    /// <summary>Four Heun steps with oscillating guidance, dynamic threshold, and latents kept for both branches.</summary>
    public static IEnumerable<(string Name, Difference Difference)> Sampler(IGraphBackend backend, StorageTypes storage)
    {
        using VectorFile file = new("sv_sampler_trajectory"), weights = new("sv_fit_tiny");
        FitStage stage = new(
            "fit", new(SnapVectors.First, weights.Weights("w.")), new(), 2,
            HeunSampler.Plan(file.ReadDoubles("in.sigmas"), Guidance(file), 2));
        List<(string, Difference)> results = [];
        int step = 0;
        void Compare(float[] state)
        {
            float[] expected = SnapVectors.ToPatches(SnapVectors.First, file.Read($"trace.x_after_step{step}"), 3);
            results.Add(($"step{step++}", Difference.Between(state, expected)));
        }

        float[] sample = stage.Sample(backend, storage, Information(file, 0.1), file.Read("in.noise"), [], stepped: Compare)!;
        results.Add(("sample", Difference.Between(sample, file.Read("out.sample"))));
        return results;
    }

    /// <summary>First stage, padding cut off, enlarged with noise, second stage.</summary>
    public static IEnumerable<(string Name, Difference Difference)> Cascade(IGraphBackend backend, StorageTypes storage)
    {
        using VectorFile file = new("sv_cascade_tiny"), first = new("sv_fit_tiny"), second = new("sv_fit_up_tiny");
        SnapSamplerConfig sampler = new(Stage1: new(2, 4, [1, 1]), Stage2: new(4, 3), Upscale: 2, GuidanceHi: 3);
        SnapVideoParts parts = new(SnapVectors.First, SnapVectors.Second, new(), sampler);
        SnapCascade cascade = new(parts);
        FitInformation information = Information(file, sampler.SigmaAug);
        float[] video = cascade.First(first.Weights("w.").Source, 4, 3).Sample(backend, storage, information, file.Read("in.noise_s1"), [])!;
        video = SnapCascade.WithoutPadding(video, parts.First, sampler.Stage1);
        float[] coarse = cascade.Coarse(video, file.Read("in.noise_aug"));
        float[] final = cascade.Second(second.Weights("w.").Source, 4, 3).Sample(backend, storage, information, file.Read("in.noise_s2"), coarse)!;
        return
        [
            ("stage1", Difference.Between(video, file.Read("out.stage1"))),
            ("lowres", Difference.Between(coarse, file.Read("out.lowres"))),
            ("final", Difference.Between([.. final.Select(v => Math.Clamp(v, -1, 1))], file.Read("out.final"))),
        ];
    }

    private static double[] Guidance(VectorFile file) => [.. file.Read("in.guidance").Select(v => (double)v)];

    private static FitInformation Information(VectorFile file, double sigmaAug)
    {
        float[] res = file.Read("in.res");
        float rate = file.Read("in.u_fps")[0];
        return new(file.Read("in.text"), file.ShapeOf("in.text")[1], rate == 0 ? double.PositiveInfinity : 24 / (double)rate, (int)res[0], (int)res[1], sigmaAug);
    }
}
