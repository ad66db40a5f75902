using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Generation;

/// <summary>Latents to frames, one at a time; each goes to the sink as soon as it is there.</summary>
public sealed class Decoding(ModelFolder model, IGraphBackend backend, PhaseClock clock)
{
    /// <param name="latents">[1, T, H, W, C].</param>
    /// <param name="size">Their extents.</param>
    /// <param name="frameSink">Receives the frames in order.</param>
    /// <param name="cancellation">Honoured between submits.</param>
    public void Run(float[] latents, LatentSize size, FrameSink frameSink, CancellationToken cancellation)
    {
        int decoded = Run(backend.Storage, latents, size, 0, frameSink, cancellation);
        if (decoded == size.Frames)
        {
            return;
        }

        clock.Note($"Decoding overflowed in fp16 at frame {decoded} and went on in fp32.");
        decoded = Run(StorageTypes.Single, latents, size, decoded, frameSink, cancellation);
        if (decoded < size.Frames)
        {
            throw new WeightException($"Frame {decoded} has NaN or infinite values even in fp32: the VAE weights of {model.DisplayName} are damaged.");
        }
    }

    /// <summary>One frame [1, 1, h, w, C] fp32 (unscaled) -> <c>rgb</c> [1, 1, H, W, 3] bytes and <c>overflows</c>.</summary>
    public static ComputeGraph BuildFrame(AutoencoderKL vae, StorageTypes storage, LatentSize size)
    {
        GraphBuilder g = new("vae_decode", storage.Activations, storage.Weights);
        Value z = g.Cast(g.Input("latents", [1, 1, size.Height, size.Width, size.Channels], DType.F32), g.Storage);
        Value image = vae.Decode(g, z);
        g.CountNonFinite(image, "overflows");
        g.Output("rgb", g.Add(new ToRgb8(), "", image));
        return g.Build();
    }

    /// <returns>The first frame that was not decoded.</returns>
    private int Run(StorageTypes storage, float[] latents, LatentSize size, int first, FrameSink frameSink, CancellationToken cancellation)
    {
        clock.Begin(GenerationPhase.Load, 1);
        AutoencoderKL vae = new(model.VaeConfig, new WeightScope(model.Vae));
        using IGraphExecutor executor = backend.Prepare(BuildFrame(vae, storage, size));
        clock.Begin(GenerationPhase.Decode, size.Frames - first);
        int perFrame = size.Count / size.Frames;
        float[] frame = new float[perFrame], rgb = new float[executor.Graph.Output("rgb").Shape.Count], overflows = new float[1];
        byte[] bytes = new byte[rgb.Length];
        for (int t = first; t < size.Frames; t++)
        {
            for (int i = 0; i < perFrame; i++)
            {
                frame[i] = latents[(t * perFrame) + i] / model.VaeConfig.ScalingFactor;
            }

            executor.Write("latents", frame);
            executor.Run(cancellation);
            executor.Read("overflows", overflows);
            if (overflows[0] != 0)
            {
                return t;
            }

            executor.Read("rgb", rgb);
            for (int i = 0; i < rgb.Length; i++)
            {
                bytes[i] = (byte)rgb[i];
            }

            frameSink(t, bytes);
            clock.Report(t - first + 1);
        }

        return size.Frames;
    }
}
