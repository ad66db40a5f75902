using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Kernels;
using AttentionKernel = Hummingbird.Vulkan.Kernels.Attention;

namespace Hummingbird.Vulkan.Bench.Models;

/// <summary>FLOPs of a graph's products by kind, one multiply-add being two.</summary>
/// <param name="Convolution">Every convolution, and the projections around transformers, which are 1 x 1 convolutions in the files.</param>
/// <param name="Linear">Linear layers.</param>
/// <param name="Attention">Scores and weighted sums, counted dense: a causal mask saves half of them in fact.</param>
public readonly record struct FlopCount(double Convolution, double Linear, double Attention)
{
    public double Total => Convolution + Linear + Attention;

    public static FlopCount Of(ComputeGraph graph)
    {
        double convolution = 0, linear = 0, attention = 0;
        foreach (Node node in graph.Nodes)
        {
            double flops = node.Cost.Flops;
            switch (node.Kernel)
            {
                case AttentionKernel { Causal: true, MaskAfterSoftmax: false }:
                    attention += 2 * flops;
                    break;
                case AttentionKernel:
                    attention += flops;
                    break;
                case MatMul when node.Label.EndsWith("proj_in", StringComparison.Ordinal) || node.Label.EndsWith("proj_out", StringComparison.Ordinal):
                    convolution += flops;
                    break;
                case MatMul:
                    linear += flops;
                    break;
                case Conv2d or Conv3d:
                    convolution += flops;
                    break;
            }
        }

        return new(convolution, linear, attention);
    }
}
