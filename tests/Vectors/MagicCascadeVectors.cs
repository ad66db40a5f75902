using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Schedulers;
using Hummingbird.Vulkan.Engine.Text;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Vectors;

/// <summary>MagicVideo's sampler trajectory and its whole cascade through the pipeline's own stages.</summary>
public static class MagicCascadeVectors
{
    /// <summary>Four DDIM steps with guidance 3 through the stage the pipeline runs.</summary>
    public static IEnumerable<(string Name, Difference Difference)> Trajectory(IGraphBackend backend, StorageTypes storage)
    {
        using VectorFile file = new("mv_ddim_trajectory"), weights = new("mv_unet_tiny");
        SchedulerConfig schedule = new(ClassName: "DDIMScheduler", GuidanceEmbedding: false);
        GenerationRequest request = new("", "", 0, 4, 4, 4, 48, 32, 3, "ddim");
        StageDescription description = new(
            "keyframes", new MagicUNet(MagicVectors.Key, weights.Weights("w.")), [1, 4, 4, 6, 4], 0, file.Read("in.fps")[0], new DdimScheduler(schedule, 4));
        PromptEmbeddings prompt = new(file.Read("in.ctx"), file.Read("in.null"), 5, 12);
        List<(string, Difference)> results = [];
        List<float[]> seen = [];
        using CascadeStage stage = new(description, new WithStorage(backend, storage), request, prompt, new(null), new(new SeededNoise(0)), default);
        float[] last = stage.Sample(file.ReadChannelsLast("in.x_T"), null, sample => seen.Add([.. sample]), () => { }, default);
        for (int i = 0; i < 3; i++)
        {
            results.Add(($"after step {i}", Difference.Between(seen[i + 1], file.ReadChannelsLast($"trace.x_after_step{i}"))));
        }

        return [.. results, ("x_0", Difference.Between(last, file.ReadChannelsLast("out.x_0")))];
    }

    /// <summary>Keyframes, interpolation, decoding in windows and super-resolution of mv_cascade_tiny.</summary>
    /// <remarks>Frames are compared before the clamp: with random weights nearly all of them lie beyond it.</remarks>
    public static IEnumerable<(string Name, Difference Difference)> Cascade(IGraphBackend backend, StorageTypes storage)
    {
        using VectorFile file = new("mv_cascade_tiny");
        using ModelFolder model = Model();
        IGraphBackend typed = new WithStorage(backend, storage);
        GenerationRequest request = new("", "", 0, 3, 13, 16, 96 / 4, 64 / 4, 3, "ddim")
        {
            Stages = (GenerationStages)15,
            Noise = new CascadeNoise(file),
        };
        PromptEmbeddings prompt = new(file.Read("in.ctx"), file.Read("in.null"), 5, 12);
        List<float[]> large = [], small = [];
        MagicVideoPipeline pipeline = new(model, typed, new(null)) { DecodedTap = small.Add, UpscaledTap = large.Add };
        int bytes = 0;
        GenerationResult result = pipeline.Generate(request, prompt, (_, rgb) => bytes += rgb.Length, default);
        float[] latents = new float[result.Latents.Length];
        LatentLayout.ChannelsLast(result.Latents, latents, 4);
        float[] expected = file.ReadChannelsLast("out.latents"), keyframes = [.. Enumerable.Range(0, 4).SelectMany(i => latents.AsSpan(i * 4 * 96, 96).ToArray())];
        return
        [
            ("keyframes", Difference.Between(keyframes, file.ReadChannelsLast("out.keyframes"))),
            ("latents", Difference.Between(latents, expected)),
            ("video", Difference.Between([.. small.SelectMany(f => f).Select(v => Math.Clamp(v, -1, 1))], file.ReadChannelsLast("out.video"))),
            ("final_raw", Difference.Between([.. large.SelectMany(f => f)], file.ReadChannelsLast("out.final_raw"))),
            ("bytes", bytes == 13 * 16 * 24 * 3 ? default : new(1, 1)),
        ];
    }

    /// <summary>Six frames of mv_videovae_tiny in windows of four.</summary>
    public static IEnumerable<(string Name, Difference Difference)> Windows(IGraphBackend backend, StorageTypes storage)
    {
        using VectorFile file = new("mv_videovae_tiny");
        MagicVideoParts parts = new(MagicVectors.Key, MagicVectors.Vae, null, null, new());
        CascadeSize size = new(GenerationStages.Decode, 6, 0, 4, 6, 4, 2, Scale: 2, Window: 4);   // a scale: frames come as values, not bytes
        List<float> values = [];
        new CascadeDecoding(parts, file.Weights("w."), new WithStorage(backend, storage), new(null))
            .Run(file.ReadChannelsLast("in.z6"), size, (_, frame) => values.AddRange(frame), default);
        return [("video of 6 frames", Difference.Between([.. values], file.ReadChannelsLast("out.video6_windows")))];
    }

    /// <summary>The tiny cascade as a model; its text tower is never asked.</summary>
    private static ModelFolder Model()
    {
        static IWeightSource Weights(string name) => new VectorFile(name).Weights("w.").Source;
        MagicVideoParts parts = new(
            MagicVectors.Key, MagicVectors.Vae, new(MagicVectors.Interpolation, new(() => Weights("mv_interp_tiny"))),
            new(MagicVectors.Upscaling, new(() => Weights("mv_sr_tiny"))), new(SrScale: 2, SrAugLevel: 100));
        return new(new ModelParts(
            "mv_cascade_tiny", new(ModelIndex.MagicVideo), parts.SharedUNetConfig, parts.SharedVaeConfig, MagicVectors.NoText,
            new(ClassName: "DDIMScheduler", GuidanceEmbedding: false), Weights("mv_unet_tiny"), Weights("mv_videovae_tiny"), new MemorySource([]),
            ClipTokenizer.FromMergeList("#no merges\n"u8.ToArray(), "bytes", 5, 0), "", parts));
    }

    /// <summary>The file's noise in the order the pipeline draws it.</summary>
    private sealed class CascadeNoise(VectorFile file) : INoiseSource
    {
        private readonly Queue<float[]> draws = new(Draws(file));

        public float[] Next(int count) => draws.Dequeue() is { } values && values.Length == count
            ? values : throw new InvalidOperationException($"{count} values of noise were asked for.");

        private static IEnumerable<float[]> Draws(VectorFile file)
        {
            yield return file.Read("in.noise_key");
            foreach (float[] pair in file.Read("in.noise_interp").Chunk(4 * 3 * 24))
            {
                yield return pair;
            }

            float[][] shares = [.. file.Read("in.noise_aug").Chunk(3 * 16 * 24)], starts = [.. file.Read("in.noise_sr").Chunk(3 * 16 * 24)];
            for (int i = 0; i < shares.Length; i++)
            {
                yield return shares[i];
                yield return starts[i];
            }
        }
    }

    /// <summary>A backend with the storage types under test in place of its own.</summary>
    private sealed class WithStorage(IGraphBackend inner, StorageTypes storage) : IGraphBackend
    {
        public string Name => inner.Name;

        public StorageTypes Storage => storage;

        public GraphPlanner Planner => inner.Planner;

        public IGraphExecutor Prepare(ComputeGraph graph) => inner.Prepare(graph);

        public bool CanRecoverFrom(Exception error) => false;

        public string Recover() => inner.Recover();

        public void Dispose()
        {
        }
    }
}
