using System.IO.Compression;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Schedulers;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Vectors;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests;

/// <summary>MagicVideo on the reference executor against PyTorch, and its architecture at full size without a weight.</summary>
public sealed class MagicVideoTests
{
    private static readonly ReferenceBackend Backend = new();

    private static readonly SchedulerConfig Schedule = new(ClassName: "DDIMScheduler", GuidanceEmbedding: false);

    [Fact]
    public void Layers_match() => Limits.Check(MagicVectors.Layers(Backend, StorageTypes.Single), Limits.Block);

    [Fact]
    public void Keyframe_network_matches() => Limits.Check(MagicVectors.KeyframeUNet(Backend, StorageTypes.Single), Limits.Network);

    [Fact]
    public void Interpolation_network_matches() => Limits.Check(MagicVectors.InterpolationUNet(Backend, StorageTypes.Single), Limits.Network);

    [Fact]
    public void Upscaling_network_matches() => Limits.Check(MagicVectors.UpscalingUNet(Backend, StorageTypes.Single), Limits.Network);

    [Fact]
    public void VideoVae_matches() => Limits.Check(MagicVectors.VideoVaeTiny(Backend, StorageTypes.Single), Limits.Network);

    [Fact]
    public void Windows_of_the_VideoVae_match() => Limits.Check(MagicCascadeVectors.Windows(Backend, StorageTypes.Single), Limits.Network);

    [Fact]
    public void Trajectory_matches() => Limits.Check(MagicCascadeVectors.Trajectory(Backend, StorageTypes.Single), Limits.Network);

    [Fact]
    public void Cascade_matches() => Limits.Check(MagicCascadeVectors.Cascade(Backend, StorageTypes.Single), Limits.Network);

    /// <summary>Timesteps and signal of four DDIM steps in fp64, and one ancestral step.</summary>
    [Fact]
    public void Samplers_match()
    {
        using VectorFile file = new("mv_ddim_trajectory");
        DdimScheduler ddim = new(Schedule, 4);
        Assert.Equal(file.ReadIntegers("in.plan_t"), ddim.Timesteps.Select(t => (long)t));
        double[] plan = file.ReadDoubles("in.plan_abar");
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(plan[2 * i], ddim.Table(i).Alpha, 1e-9);
            Assert.Equal(plan[(2 * i) + 1], ddim.Table(i).AlphaPrevious, 1e-9);
        }

        DdpmScheduler ddpm = new(Schedule, 1000);
        Assert.Equal(500, ddpm.Timesteps[499]);
        float[] x = file.Read("in.x_T"), next = new float[x.Length], denoised = new float[x.Length];
        ddpm.Step(499).Apply(x, file.Read("in.ddpm_eps"), file.Read("in.ddpm_noise"), next, denoised);
        Limits.Check([("ddpm", Difference.Between(next, file.Read("out.ddpm_step_t500")))], Limits.Operation);
        Assert.Equal(0, ddpm.Step(999).NextNoise);
        Assert.Equal([999, 799, 599, 399, 199], new DdpmScheduler(Schedule, 5).Timesteps);
    }

    /// <summary>With the video keys absent the network is the image network, frame by frame: Stable Diffusion's weights serve as they are.</summary>
    [Fact]
    public void Image_weights_make_a_video_of_single_images()
    {
        RandomWeights image = new(TensorShapes.Of(MagicVectors.Key with { NumFrames = 1 }), 3);
        float[] sample = [.. Enumerable.Range(0, 3 * 4 * 4 * 4).Select(i => MathF.Sin(i * 1.7f))];
        float[] together = Predict(image, [1, 3, 4, 4, 4], sample);
        float[] apart = [.. sample.Chunk(64).SelectMany(frame => Predict(image, [1, 1, 4, 4, 4], frame))];
        Assert.True(Difference.Between(together, apart).Relative < 1e-6);

        // And frames of a video network depend on earlier ones only.
        RandomWeights video = new(TensorShapes.Of(MagicVectors.Key), 3);
        float[] changed = [.. sample];
        Negate(changed.AsSpan(128));
        float[] first = Predict(video, [1, 3, 4, 4, 4], sample), second = Predict(video, [1, 3, 4, 4, 4], changed);
        Assert.Equal(first[..128], second[..128]);
        Assert.NotEqual(first[128..], second[128..]);
        float[] shifted = [.. sample];
        Negate(shifted.AsSpan(0, 64));
        Assert.True(Difference.Between(Predict(video, [1, 3, 4, 4, 4], shifted).AsSpan(128), first.AsSpan(128)).Relative > 1e-3);
    }

    /// <summary>One text tower under open_clip's names and under Hugging Face's.</summary>
    [Fact]
    public void Text_tower_goes_by_either_names()
    {
        TextEncoderConfig config = new(VocabSize: 50, MaxPositionEmbeddings: 6, HiddenSize: 16, IntermediateSize: 32, NumAttentionHeads: 2,
            NumHiddenLayers: 2, ProjectionDim: 16, HiddenAct: "quick_gelu", SkipLast: 0, BosTokenId: 1, EosTokenId: 2);
        RandomWeights open = new(TensorShapes.Of(config), 5);
        MemorySource renamed = new(open.Names.Where(n => n.Contains('.') || n == "positional_embedding").SelectMany(n => HuggingFace(open, n)));
        float[] Encode(IWeightSource weights)
        {
            GraphUnderTest run = new(Backend, StorageTypes.Single);
            Value ids = run.Raw("ids", [1, 6], [1, 7, 9, 30, 2, 2], Kernels.DType.I32);
            run.Output("states", new ClipTextModel(config, new WeightScope(weights)).Forward(run.Graph, ids));
            return run.Run()["states"];
        }

        Assert.Equal(Encode(open), Encode(renamed));
    }

    public static TheoryData<string> Components => ["keyframe_unet", "interp_unet", "sr_unet", "video_vae"];

    /// <summary>Every name and every shape of the reference at the published sizes, and none besides.</summary>
    [Theory]
    [MemberData(nameof(Components))]
    public void Names_and_shapes_are_those_of_the_reference(string component)
    {
        string[] expected = [.. ReadKeys(component).Order(StringComparer.Ordinal)];
        MagicVideoArchitecture full = MagicVideoArchitecture.Published;
        var shapes = component switch
        {
            "keyframe_unet" => TensorShapes.Of(full.Keyframes),
            "interp_unet" => TensorShapes.Of(full.Interpolation!),
            "sr_unet" => TensorShapes.Of(full.Upscaling!),
            _ => TensorShapes.Of(full.Vae),
        };
        Assert.Equal(expected, shapes.Select(s => $"{s.Key} {string.Join('x', s.Value)}").Order(StringComparer.Ordinal));
    }

    private static IEnumerable<WeightTensor> HuggingFace(RandomWeights source, string name)
    {
        WeightTensor tensor = new WeightScope(source).Get(name);
        float[] values = tensor.ReadFloats();
        if (name.Contains("in_proj", StringComparison.Ordinal))
        {
            string kind = name.EndsWith("bias", StringComparison.Ordinal) ? "bias" : "weight", block = Renamed(name[..name.IndexOf(".attn.", StringComparison.Ordinal)]);
            int share = values.Length / 3, rows = tensor.Shape[0] / 3;
            return "qkv".Select((letter, i) => WeightTensor.FromFloats(
                $"{block}.self_attn.{letter}_proj.{kind}", [rows, .. tensor.Shape.Skip(1)], values.AsMemory(i * share, share)));
        }

        return [WeightTensor.FromFloats(Renamed(name), tensor.Shape, values)];
    }

    private static string Renamed(string name) => "text_model." + name
        .Replace("transformer.resblocks", "encoder.layers", StringComparison.Ordinal)
        .Replace("attn.out_proj", "self_attn.out_proj", StringComparison.Ordinal)
        .Replace("ln_1", "layer_norm1", StringComparison.Ordinal).Replace("ln_2", "layer_norm2", StringComparison.Ordinal)
        .Replace("mlp.c_fc", "mlp.fc1", StringComparison.Ordinal).Replace("mlp.c_proj", "mlp.fc2", StringComparison.Ordinal)
        .Replace("ln_final", "final_layer_norm", StringComparison.Ordinal)
        .Replace("token_embedding", "embeddings.token_embedding", StringComparison.Ordinal)
        .Replace("positional_embedding", "embeddings.position_embedding.weight", StringComparison.Ordinal);

    private static float[] Predict(IWeightSource weights, Kernels.Shape shape, float[] sample)
    {
        GraphUnderTest run = new(Backend, StorageTypes.Single);
        MagicUNet unet = new(MagicVectors.Key, new WeightScope(weights));
        UNetConditioning conditioning = unet.DeclareConditioning(run.Graph, 1, 5);
        foreach ((string name, Value value) in run.Graph.Inputs)
        {
            run.Write(name, [.. Enumerable.Range(0, (int)value.Shape.Count).Select(i => MathF.Cos(i * 0.9f))]);
        }

        run.Output("eps", unet.Forward(run.Graph, run.Input("sample", shape, sample), conditioning));
        return run.Run()["eps"];
    }

    private static void Negate(Span<float> values)
    {
        foreach (ref float value in values)
        {
            value = -value;
        }
    }

    private static IEnumerable<string> ReadKeys(string component)
    {
        using StreamReader reader = new(new GZipStream(File.OpenRead(TestData.PathOf($"keys/{component}.txt.gz")), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line)
        {
            yield return line;
        }
    }
}
