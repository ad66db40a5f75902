using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Generation;

/// <summary>The graphs of a cascade's stages.</summary>
public static class CascadeGraphs
{
    /// <summary>One denoising step of a stage, guided by two prompts.</summary>
    /// <remarks>Inputs: <c>sample</c> [B, F, H, W, C] fp32, <c>given</c> [B, F, H, W, G] fp32 (channels the network reads behind the
    /// sample's), <c>noise</c> where the sampler adds some, <c>coefficients</c> [1, 4], <c>shifts</c>, <c>context_kv.i</c> of either
    /// prompt. Outputs: <c>next</c>, <c>overflows</c>.</remarks>
    /// <param name="name">Of the stage.</param>
    /// <param name="unet">Its network.</param>
    /// <param name="storage">Storage types.</param>
    /// <param name="shape">Of the sample; every video of the batch has the same prompt.</param>
    /// <param name="given">G, 0 for none.</param>
    /// <param name="tokens">Of a prompt.</param>
    /// <param name="isNoisy">Whether the sampler adds noise.</param>
    public static ComputeGraph Step(string name, MagicUNet unet, StorageTypes storage, Shape shape, int given, int tokens, bool isNoisy)
    {
        GraphBuilder g = new(name, storage.Activations, storage.Weights);
        Value sample = g.Input("sample", shape, DType.F32), coefficients = g.Input("coefficients", [1, 4], DType.F32);
        Value? noise = isNoisy ? g.Input("noise", shape, DType.F32) : null;
        Value? behind = given == 0 ? null : g.Cast(g.Input("given", shape.WithChannels(given), DType.F32), g.Storage);
        Value seen = g.Cast(sample, g.Storage);
        Value Predict(string suffix)
            => g.Cast(unet.Forward(g, seen, behind, unet.DeclareConditioning(g, 1, tokens, suffix)), DType.F32);

        Value eps = Predict(""), negative = Predict(UNetConditions.NegativeSuffix);
        g.CountNonFinite(eps, "overflows");
        g.Output("next", g.Add(new SchedulerStep(0), "next", sample, eps, negative, noise, coefficients));
        return g.Build();
    }

    /// <summary>A window of latents to frames: together as far as frames see each other, then one by one.</summary>
    /// <remarks>Input: <c>latents</c> [1, F, h, w, 4] fp32, divided by the scale. Outputs: for each frame <c>frame.i</c> [1, 1, H, W, 3],
    /// bytes or, to be enlarged, fp32; <c>overflows</c>.</remarks>
    public static ComputeGraph DecodeWindow(VideoVae vae, StorageTypes storage, CascadeSize size, int frames)
    {
        GraphBuilder g = new("vae_window", storage.Activations, storage.Weights);
        Value z = g.Cast(g.Input("latents", [1, frames, size.Height, size.Width, size.Channels], DType.F32), g.Storage);
        Value features = vae.DecodeWindow(g, z);
        g.CountNonFinite(features, "overflows");
        for (int i = 0; i < frames; i++)
        {
            Value image = vae.DecodeFrame(g, g.Frames(features, i, 1));
            g.Output($"frame.{i}", size.Scale == 1 ? g.Add(new ToRgb8(), "", image) : g.Cast(image, DType.F32));
        }

        return g.Build();
    }

    /// <summary>A frame enlarged and made noisy as super-resolution wants to see it.</summary>
    /// <remarks>Inputs, fp32: <c>frame</c> [1, 1, H, W, 3], <c>noise</c> [1, 1, sH, sW, 3], <c>coefficients</c> [1, 4]: shares of frame and
    /// noise. Output: <c>given</c>, like the noise.</remarks>
    public static ComputeGraph Enlarge(CascadeSize size)
    {
        GraphBuilder g = new("upscale_input");
        Value larger = g.Add(new ResizeBilinear(size.Scale), "", g.Input("frame", size.FrameShape, DType.F32));
        Value noise = g.Input("noise", size.LargeFrameShape, DType.F32), coefficients = g.Input("coefficients", [1, 4], DType.F32);
        g.Output("given", g.Add(new SchedulerStep(0), "given", larger, noise, null, null, coefficients));
        return g.Build();
    }

    /// <summary>Bytes of a finished frame.</summary>
    public static ComputeGraph Bytes(CascadeSize size)
    {
        GraphBuilder g = new("to_bytes");
        g.Output("rgb", g.Add(new ToRgb8(), "", g.Input("frame", size.LargeFrameShape, DType.F32)));
        return g.Build();
    }
}
