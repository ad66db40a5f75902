using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Schedulers;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Generation;

/// <summary>One denoising step as a graph: sample -> predicted noise -> denoised and next sample.</summary>
/// <remarks>Inputs: <c>sample</c>, <c>noise</c> [1, T, H, W, C] fp32, <c>coefficients</c> [2, 4], <c>shifts</c>, <c>context_kv.i</c> and, with
/// classifier-free guidance, <c>context_kv.i.negative</c>. Outputs: <c>eps</c>, <c>denoised</c>, <c>next</c>, <c>overflows</c> (how many values of
/// the prediction are not finite).</remarks>
public static class StepGraph
{
    private const int DenoisedRow = 0, NextRow = 1;

    public static ComputeGraph Build(UNet unet, StorageTypes storage, LatentSize size, PromptEmbeddings prompt)
    {
        GraphBuilder g = new("step", storage.Activations, storage.Weights);
        Shape shape = [1, size.Frames, size.Height, size.Width, size.Channels];
        Value sample = g.Input("sample", shape, DType.F32), noise = g.Input("noise", shape, DType.F32);
        Value coefficients = g.Input("coefficients", [2, 4], DType.F32);
        Value Predict(string suffix)
        {
            UNetConditioning conditioning = unet.DeclareConditioning(g, 1, prompt.Tokens, suffix);
            return g.Cast(unet.Forward(g, g.Cast(sample, g.Storage), conditioning), DType.F32);
        }

        Value eps = Predict("");
        Value? negative = prompt.Negative is null ? null : Predict(UNetConditions.NegativeSuffix);
        g.Output("eps", eps);
        g.CountNonFinite(eps, "overflows");
        g.Output("denoised", g.Add(new SchedulerStep(DenoisedRow), "denoised", sample, eps, negative, null, coefficients));
        g.Output("next", g.Add(new SchedulerStep(NextRow), "next", sample, eps, negative, noise, coefficients));
        return g.Build();
    }

    /// <summary>Rows of (sample, epsilon, noise, guidance_scale).</summary>
    public static float[] Coefficients(StepCoefficients c, double guidanceScale) =>
    [
        c.DenoisedSample, c.DenoisedEpsilon, 0, (float)guidanceScale,
        c.NextSample, c.NextEpsilon, c.NextNoise, (float)guidanceScale,
    ];
}
