using Hummingbird.Vulkan.Bench.Models;
using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Bench;

/// <summary>The cost model at full size, to the last FLOP, against the reference's counts on PyTorch's meta tensors.</summary>
public sealed class MagicVideoFlopTests
{
    private const int Tokens = 77;

    private static readonly MagicVideoArchitecture Full = MagicVideoArchitecture.Published;

    private static readonly MagicUNetConfig Pixels = Full.Keyframes with { InChannels = 3, OutChannels = 3 };

    /// <summary>Name; parameters; FLOPs of convolutions, linear layers, attention.</summary>
    public static TheoryData<string, long, double, double, double> Networks => new()
    {
        { "keyframes", 913_244_164, 1_775_784_427_520, 1_173_818_245_120, 139_682_119_680 },
        { "interpolation", 911_821_444, 554_962_124_800, 366_823_833_600, 43_015_372_800 },
        { "upscaling", 396_006_019, 18_646_868_951_040, 929_182_121_984, 420_067_934_208 },
        { "pixels", 913_238_403, 113_638_123_765_760, 72_096_143_441_920, 502_838_077_685_760 },
        { "pixels, attention in the middle", 637_180_803, 107_195_672_821_760, 1_186_794_373_120, 93_700_751_360 },
        { "latents, attention in the middle", 637_186_564, 1_675_121_131_520, 24_133_304_320, 142_868_480 },
    };

    [Theory]
    [MemberData(nameof(Networks))]
    public void A_network_counts_as_in_the_reference(string name, long parameters, double convolution, double linear, double attention)
    {
        (MagicUNetConfig config, Shape shape, int given) = name switch
        {
            "keyframes" => (Full.Keyframes, new Shape([1, 16, 32, 32, 4]), 0),
            "interpolation" => (Full.Interpolation!, [1, 5, 32, 32, 4], 1),
            "upscaling" => (Full.Upscaling!, [1, 1, 1024, 1024, 3], 3),
            "pixels" => (Pixels, [1, 16, 256, 256, 3], 0),
            "pixels, attention in the middle" => (Pixels with { AttnLevels = [false, false, false, false] }, [1, 16, 256, 256, 3], 0),
            _ => (Full.Keyframes with { AttnLevels = [false, false, false, false] }, [1, 16, 32, 32, 4], 0),
        };
        RandomWeights weights = new(TensorShapes.Of(config), 1);
        Assert.Equal(parameters, weights.ElementCount);

        // The reference repeats time and text for every frame; here they are computed once, in a graph of their own.
        GraphBuilder g = new("conditioning");
        new MagicUNet(config, new WeightScope(weights)).BuildConditioning(g, 1, 1, Tokens);
        double c = config.BlockOutChannels[0], mlps = 2 * 2 * ((c * 4 * c) + (4 * c * 4 * c));
        double conditions = mlps + (shape[1] * (FlopCount.Of(g.Build()).Linear - mlps));
        FlopCount step = FlopCount.Of(PixelsAndLatents.Evaluation(config, shape, StorageTypes.Single, given));
        Assert.Equal((convolution, linear, attention), (step.Convolution, step.Linear + conditions, step.Attention));
    }

    [Fact]
    public void Decoding_counts_as_in_the_reference()
    {
        RandomWeights weights = new(TensorShapes.Of(Full.Vae), 1);
        Assert.Equal(85_770_471, weights.ElementCount);
        CascadeSize size = new(GenerationStages.Decode, 16, 0, 32, 32, 4, 8, 1, 16);
        FlopCount window = FlopCount.Of(CascadeGraphs.DecodeWindow(new VideoVae(Full.Vae, new WeightScope(weights)), StorageTypes.Single, size, 16));

        // PyTorch runs three projections of transposed rows as batched products, which the reference files under attention.
        Assert.Equal((9_886_277_042_176, 180_388_626_432 + 62_813_896_704), (window.Convolution, window.Linear + window.Attention));
    }

    /// <summary>The paper's factor, as far as it can be known: 64 times the pixels.</summary>
    [Fact]
    public void Pixels_take_64_times_the_FLOPs_of_latents()
    {
        FlopCount pixels = FlopCount.Of(PixelsAndLatents.Graph(3, 16, 256, hasAttention: true, StorageTypes.Single));
        FlopCount latents = FlopCount.Of(PixelsAndLatents.Graph(4, 16, 32, hasAttention: true, StorageTypes.Single));
        Assert.Equal(64.0, pixels.Convolution / latents.Convolution, 0.1);
        Assert.InRange((pixels.Convolution + pixels.Linear) / (latents.Convolution + latents.Linear), 62, 64.1);
        Assert.InRange(pixels.Total / latents.Total, 220, 230);
    }

    [Fact]
    public void The_cascade_is_planned_as_one()
    {
        using ModelFolder model = PublishedModels.Open("config:magicvideo", 1);
        GenerationRequest request = new("waves", "", 1, 50, 61, 8, 256, 256, 7.5, "ddim");
        GenerationPlan plan = GenerationPlan.Create(request, model, StorageTypes.Half, GraphPlanner.Reference with { MaxBlockInBytes = 1L << 30 });
        Assert.Equal(["text_encoder", "conditioning", "keyframes", "conditioning", "interpolation", "vae_window"], plan.Graphs.Select(g => g.Graph));
        Assert.Equal([2, 2, 50, 2, 250, 4], plan.Graphs.Select(g => g.Runs));
        Assert.InRange(plan.Flops / 1e15, 1.7, 1.85);
        GenerationPlan large = GenerationPlan.Create(
            request with { Width = 1024, Height = 1024, Stages = (GenerationStages)15 }, model, StorageTypes.Half, GraphPlanner.Reference with { MaxBlockInBytes = 1L << 30 });
        Assert.InRange(large.Flops / 1e15, 115, 130);
        Assert.Throws<GenerationException>(() => GenerationPlan.Create(request with { Frames = 60 }, model, StorageTypes.Half, GraphPlanner.Reference with { MaxBlockInBytes = 1L << 30 }));
        Assert.Throws<GenerationException>(() => GenerationPlan.Create(request with { Stages = GenerationStages.Keyframes }, model, StorageTypes.Half, GraphPlanner.Reference with { MaxBlockInBytes = 1L << 30 }));
    }
}
