using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Bench.Models;

/// <summary>Snap Video's networks at their published size, with random weights, one video each and without guidance.</summary>
public static class SnapVideoBench
{
    private const int TextTokens = 128;

    /// <summary>The U-Net of the paper's comparison and FIT 500M: "about 4.5 times faster at inference".</summary>
    public static IEnumerable<(string Name, Func<ComputeGraph> Build)> UNetAndFit(StorageTypes storage)
    {
        yield return ("U-Net 284M, 16 x 40 x 64", () => SnapUNetBaseline.Evaluation(storage));
        yield return ("FIT 500M, 16 x 40 x 64", () => Evaluation(SnapVideoArchitecture.Fit500M, storage));
    }

    /// <summary>Both stages of the 3.9B cascade.</summary>
    public static IEnumerable<(string Name, Func<ComputeGraph> Build)> FullSize(StorageTypes storage)
    {
        yield return ("FIT 3.9B, 16 x 40 x 64", () => Evaluation(SnapVideoArchitecture.Fit3900M, storage));
        yield return ("FIT 3.9B second stage, 16 x 288 x 512", () => Evaluation(SnapVideoArchitecture.FitUpsampler, storage));
    }

    /// <summary>One evaluation, self-conditioned, conditioning tokens given.</summary>
    public static ComputeGraph Evaluation(FitConfig config, StorageTypes storage)
    {
        GraphBuilder g = new("evaluation", storage.Activations, storage.Weights);
        FitNetwork network = new(config, new WeightScope(new RandomWeights(TensorShapes.Of(config), 1)));
        int tokens = TextTokens + new FitConditioning(config, network.Weights).OtherTokens;
        Value patches = g.Cast(g.Input("sample", [1, config.Patches, network.PatchValues], DType.F32), g.Storage);
        Value context = g.Cast(g.Input("context", [1, tokens, config.CtxDim], DType.F32), g.Storage);
        Value previous = g.Input("previous", [1, config.LatentCount, config.LatentDim], DType.F32);
        Value? coarse = config.CondChannels == 0 ? null
            : g.Cast(g.Input("lowres", [1, config.Patches, config.CondChannels * config.PatchPixels], DType.F32), g.Storage);
        Value latents = network.StartLatents(g, 1, g.Cast(previous, g.Storage), g.Input("coefficients", [1, 4], DType.F32));
        (Value answer, latents) = network.Forward(g, patches, context, latents, coarse);
        g.Output("answer", g.Cast(answer, DType.F32));
        g.Output("latents", latents);
        return g.Build();
    }
}
