using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Bench.Models;

/// <summary>MagicVideo's "about 64 times fewer computations than VDM": one U-Net graph over pixels and over latents.</summary>
/// <remarks>The abstract gives the number alone. The same network over 256 x 256 RGB in place of 32 x 32 latents has 64 times the pixels,
/// which is what is counted here; the authors' VDM configuration is not known, and its FLOPs may differ. Attention among all pixels of
/// a frame grows with their square and would make the ratio larger: 223 with it at the levels where latents have it.</remarks>
public static class PixelsAndLatents
{
    /// <summary>The keyframe U-Net for latents of <paramref name="side"/> squared, or for RGB when <paramref name="channels"/> is 3.</summary>
    /// <param name="channels">Of the sample.</param>
    /// <param name="frames">1 to 16.</param>
    /// <param name="side">Height and width.</param>
    /// <param name="hasAttention">Space-time attention at the published levels, or in the middle alone.</param>
    /// <param name="storage">Storage types.</param>
    public static ComputeGraph Graph(int channels, int frames, int side, bool hasAttention, StorageTypes storage)
    {
        MagicUNetConfig published = MagicVideoArchitecture.Published.Keyframes;
        MagicUNetConfig config = published with
        {
            InChannels = channels,
            OutChannels = channels,
            AttnLevels = hasAttention ? published.AttnLevels : [.. published.AttnLevels.Select(_ => false)],
        };
        return Evaluation(config, [1, frames, side, side, channels], storage);
    }

    /// <summary>One evaluation of a U-Net for one video, conditions given.</summary>
    public static ComputeGraph Evaluation(MagicUNetConfig config, Shape shape, StorageTypes storage, int given = 0)
    {
        GraphBuilder g = new("evaluation", storage.Activations, storage.Weights);
        MagicUNet unet = new(config, new WeightScope(new RandomWeights(TensorShapes.Of(config), 1)));
        Value sample = g.Cast(g.Input("sample", shape, DType.F32), g.Storage);
        Value? behind = given == 0 ? null : g.Cast(g.Input("given", shape.WithChannels(given), DType.F32), g.Storage);
        g.Output("eps", g.Cast(unet.Forward(g, sample, behind, unet.DeclareConditioning(g, 1, MagicVideoArchitecture.Published.TextEncoder.MaxPositionEmbeddings)), DType.F32));
        return g.Build();
    }
}
