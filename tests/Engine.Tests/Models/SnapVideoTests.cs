using System.IO.Compression;
using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;
using Hummingbird.Vulkan.Vectors;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Models;

/// <summary>Snap Video on the reference executor against PyTorch, and its published sizes against counts made elsewhere.</summary>
public sealed class SnapVideoTests
{
    private static readonly ReferenceBackend Backend = new();

    public static TheoryData<string> Architectures => ["fit_500m", "fit_stage1", "fit_stage2"];

    [Fact]
    public void Layers_match() => Limits.Check(SnapVectors.Layers(Backend, StorageTypes.Single), Limits.Block);

    [Fact]
    public void First_stage_matches() => Limits.Check(SnapVectors.FirstStage(Backend, StorageTypes.Single), Limits.Network);

    [Fact]
    public void Variant_with_local_layers_matches() => Limits.Check(SnapVectors.LocalVariant(Backend, StorageTypes.Single), Limits.Network);

    [Fact]
    public void Second_stage_matches() => Limits.Check(SnapVectors.SecondStage(Backend, StorageTypes.Single), Limits.Network);

    [Fact]
    public void Sampler_matches() => Limits.Check(SnapTrajectoryVectors.Sampler(Backend, StorageTypes.Single), Limits.Network);

    [Fact]
    public void Cascade_matches() => Limits.Check(SnapTrajectoryVectors.Cascade(Backend, StorageTypes.Single), Limits.Network);

    [Fact]
    public void T5_matches() => Limits.Check(T5Vectors.Compare(Backend, StorageTypes.Single), Limits.Block);

    [Fact]
    public void Patches_match()
    {
        using VectorFile file = new("sv_patchify");
        float[] videos = file.Read("in.x"), patches = SnapVectors.ToPatches(SnapVectors.First, videos, 3), back = new float[videos.Length / 2];
        Assert.Equal(file.Read("out.patches"), patches);
        new PatchLayout(SnapVectors.First).ToVideo(patches.AsSpan(0, back.Length), back, 3);
        Assert.Equal(file.Read("out.roundtrip")[..back.Length], back);
    }

    [Fact]
    public void Patches_of_a_group_do_not_reach_another_when_latents_are_cut_off()
    {
        // Only local layers: what one group holds must not show in any other.
        FitConfig config = SnapVectors.First with { Blocks = 1, LocalLayers = 1 };
        using VectorFile file = new("sv_fit_local_tiny");
        float[] once = Run(0), again = Run(1);
        int perGroup = once.Length / config.Groups;
        Assert.NotEqual(once[..perGroup], again[..perGroup]);
        Assert.Equal(once[perGroup..], again[perGroup..]);

        float[] Run(float change)
        {
            float[] values = new float[config.Groups * config.PatchesPerGroup * config.PatchDim];
            Array.Fill(values, change, 0, config.PatchDim);
            GraphUnderTest run = new(Backend, StorageTypes.Single);
            Value x = run.Input("x", [config.Groups, config.PatchesPerGroup, config.PatchDim], values);
            run.Output("y", new FitNetwork(config, file.Weights("w.")).SelfLayer(run.Graph, x, file.Weights("w.") / "blocks.0.local_layers.0", 8));
            return run.Run()["y"];
        }
    }

    [Theory]
    [MemberData(nameof(Architectures))]
    public void Names_and_shapes_are_those_of_the_published_sizes(string name)
    {
        using StreamReader reader = new(new GZipStream(File.OpenRead(TestData.PathOf($"keys/{name}.txt.gz")), CompressionMode.Decompress));
        string[] expected = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[] found = [.. TensorShapes.Of(ConfigOf(name)).Select(t => $"{t.Key} {string.Join('x', t.Value)}")];
        Assert.Equal(expected.Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("fit_500m", 669778141184, 33045872640)]
    [InlineData("fit_stage1", 6246828900352, 188498313216)]
    [InlineData("fit_stage2", 28168409227264, 350383767552)]
    public void A_pass_takes_as_many_operations_as_counted(string name, double linear, double attention)
    {
        FitConfig config = ConfigOf(name);
        ComputeGraph[] graphs = [Pass(config), FitConditions.Build(new(config, Scope(config)), StorageTypes.Half, levels: 1, tokens: 128)];
        double Count<T>() => graphs.Sum(g => g.Nodes.Where(n => n.Kernel is T).Sum(n => n.Cost.Flops));
        Assert.Equal(linear, Count<MatMul>());
        Assert.Equal(attention, Count<Attention>());
    }

    [Fact]
    public void Memory_of_the_second_stage_is_that_of_its_stream()
    {
        FitConfig config = SnapVideoArchitecture.FitUpsampler;
        FitStage stage = FitStage.Create("fit_stage2", config, Random(config), new(), new(32), 2, 15);
        ComputeGraph graph = stage.BuildStep(StorageTypes.Half, 128);
        KernelTarget target = new(SubgroupSize: 32, MatrixFamily.Tiled);
        KernelPlan[] plans = [.. graph.Nodes.Select(n => n.Kernel.Plan(n.InputSpecs(), n.Output.Spec, target))];
        MemoryPlan memory = MemoryPlan.Create(GraphLifetimes.Of(graph, [.. plans]), 4L << 30);

        // Two branches of 147,456 x 1024 halves, and less than a sixth of what one layer's inside would add to them.
        long stream = 2L * config.Patches * config.PatchDim * 2, inside = (long)config.Patches * 4 * config.PatchDim * 2;
        Assert.InRange(memory.TotalInBytes, stream, stream + (inside / 2));
    }

    private static ComputeGraph Pass(FitConfig config)
    {
        GraphBuilder g = new("pass", DType.F16, DType.F16);
        FitNetwork fit = new(config, Scope(config));
        int tokens = 128 + new FitConditioning(config, Scope(config)).OtherTokens;
        Value previous = g.Input("previous", [1, config.LatentCount, config.LatentDim]), coefficients = g.Input("coefficients", [1, 4], DType.F32);
        Value? low = config.CondChannels == 0 ? null : g.Input("lowres", [1, config.Patches, config.CondChannels * config.PatchPixels]);
        Value x = g.Input("x", [1, config.Patches, fit.PatchValues]), context = g.Input("context", [1, tokens, config.CtxDim]);
        g.Output("patches", fit.Forward(g, x, context, fit.StartLatents(g, 1, previous, coefficients), low).Patches);
        return g.Build();
    }

    private static FitConfig ConfigOf(string name) => name switch
    {
        "fit_500m" => SnapVideoArchitecture.Fit500M,
        "fit_stage1" => SnapVideoArchitecture.Fit3900M,
        _ => SnapVideoArchitecture.FitUpsampler,
    };

    private static RandomWeights Random(FitConfig config) => new(TensorShapes.Of(config), 1);

    private static WeightScope Scope(FitConfig config) => new(Random(config));
}
