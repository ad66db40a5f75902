using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Schedulers;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Generation;

/// <summary>One evaluation of the EDM sampler with a FIT as a graph: sample -> denoised video and next sample.</summary>
/// <remarks>Inputs: <c>sample</c>, <c>start</c> (the sample at the step's start) and, for the second stage, <c>lowres</c>, all patches [1, N, values] fp32;
/// <c>context</c> [2, M, C] and <c>previous</c> (latents of the evaluation before) [2, L, C], the null condition first; <c>coefficients</c> [4, 4].
/// Outputs: <c>next</c>, <c>denoised</c>, <c>latents</c>, <c>overflows</c> (how many values of the network's answer are not finite).</remarks>
public static class FitStepGraph
{
    private const int ScaledRow = 0, DenoisedRow = 1, NextRow = 2, LatentsRow = 3, Branches = 2;

    /// <param name="name">Of the graph.</param>
    /// <param name="network">The FIT.</param>
    /// <param name="storage">Of activations and weights.</param>
    /// <param name="tokens">Conditioning tokens.</param>
    /// <param name="quantile">Of dynamic thresholding.</param>
    public static ComputeGraph Build(string name, FitNetwork network, StorageTypes storage, int tokens, double quantile)
    {
        GraphBuilder g = new(name, storage.Activations, storage.Weights);
        FitConfig config = network.Config;
        Shape shape = [1, config.Patches, network.PatchValues];
        Value sample = g.Input("sample", shape, DType.F32), start = g.Input("start", shape, DType.F32);
        Value coefficients = g.Input("coefficients", [4, 4], DType.F32);
        Value context = g.Cast(g.Input("context", [Branches, tokens, config.CtxDim], DType.F32), g.Storage);
        Value previous = g.Input("previous", [Branches, config.LatentCount, config.LatentDim], DType.F32);
        Value? lowres = config.CondChannels == 0
            ? null
            : g.Cast(g.Input("lowres", shape.WithChannels(config.CondChannels * config.PatchPixels), DType.F32), g.Storage);

        // Scaling is the same formula with the other terms at zero.
        Value scaled = g.Add(new SchedulerStep(ScaledRow), "c_in", sample, sample, null, null, coefficients);
        Value latents = network.StartLatents(g, Branches, g.Cast(previous, g.Storage), coefficients, LatentsRow);
        (Value answer, latents) = network.Forward(g, g.Cast(scaled, g.Storage), context, latents, lowres);
        answer = g.Cast(answer, DType.F32);
        g.CountNonFinite(answer, "overflows");
        Value free = g.Slices(answer, 0, 1), conditioned = g.Slices(answer, 1, 1);
        Value denoised = g.Add(new SchedulerStep(DenoisedRow), "denoised", sample, conditioned, free, null, coefficients);
        denoised = g.Add(new DynamicThreshold(quantile), "", denoised);
        g.Output("denoised", denoised);
        g.Output("next", g.Add(new SchedulerStep(NextRow), "next", sample, denoised, null, start, coefficients));
        g.Output("latents", latents);
        return g.Build();
    }

    /// <summary>Rows of (sample, epsilon, noise, guidance scale).</summary>
    /// <param name="scales">Of the evaluation's noise level.</param>
    /// <param name="evaluation">What follows.</param>
    /// <param name="hasPrevious">Whether there was an evaluation before.</param>
    public static float[] Coefficients(EdmScales scales, HeunEvaluation evaluation, bool hasPrevious) =>
    [
        (float)scales.Input, 0, 0, 0,
        (float)scales.Skip, (float)scales.Output, 0, (float)evaluation.Guidance,
        (float)evaluation.OfSample, (float)evaluation.OfDenoised, (float)evaluation.OfStart, 0,
        1, hasPrevious ? 1 : 0, 0, 0,
    ];
}
