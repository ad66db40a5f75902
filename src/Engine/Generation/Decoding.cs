using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Generation;

/// <summary>Latents to frames, one at a time; each goes to the sink as soon as it is there, and only once.</summary>
/// <param name="frameSink">Receives the frames in order.</param>
public sealed class Decoding(ModelFolder model, IGraphBackend backend, PhaseClock clock, FrameSink frameSink)
{
    private int decoded;

    /// <summary>Decodes what has not been decoded yet; may be called again after it was interrupted.</summary>
    /// <param name="latents">[1, T, H, W, C].</param>
    /// <param name="size">Their extents.</param>
    /// <param name="cancellation">Honoured between submits.</param>
    /// <returns>How many frames there are.</returns>
    public int Run(float[] latents, LatentSize size, CancellationToken cancellation)
    {
        if (TryRun(backend.Storage, latents, size, cancellation))
        {
            return decoded;
        }

        clock.Note($"Decoding overflowed in fp16 at frame {decoded} and went on in fp32.");
        return TryRun(StorageTypes.Single, latents, size, cancellation)
            ? decoded
            : throw new WeightException($"Frame {decoded} has NaN or infinite values even in fp32: the VAE weights of {model.DisplayName} are damaged.");
    }

    /// <summary>One frame [1, 1, h, w, C] fp32 (unscaled) -> <c>image</c> [1, 1, H, W, 3] in about [-1, 1], <c>rgb</c>, the same as bytes, and <c>overflows</c>.</summary>
    public static ComputeGraph BuildFrame(AutoencoderKL vae, StorageTypes storage, LatentSize size)
    {
        GraphBuilder g = new("vae_decode", storage.Activations, storage.Weights);
        Value z = g.Cast(g.Input("latents", [1, 1, size.Height, size.Width, size.Channels], DType.F32), g.Storage);
        Value image = vae.Decode(g, z);
        g.CountNonFinite(image, "overflows");
        g.Output("image", image);
        g.Output("rgb", g.Add(new ToRgb8(), "", image));
        return g.Build();
    }

    /// <returns>False when a frame overflowed; it and those after it are not decoded.</returns>
    private bool TryRun(StorageTypes storage, float[] latents, LatentSize size, CancellationToken cancellation)
    {
        clock.Begin(GenerationPhase.Load, 1);
        AutoencoderKL vae = new(model.VaeConfig, new WeightScope(model.Vae));
        FrameTiles tiles = FrameTiles.Choose(vae, storage, size, backend.Planner);
        if (!tiles.IsWhole)
        {
            clock.Note($"Memory was short: frames were decoded in {tiles.Count} overlapping tiles each, blended where they meet.");
        }

        using IGraphExecutor executor = backend.Prepare(BuildFrame(vae, storage, tiles.TileSize));
        int first = decoded, perFrame = size.Count / size.Frames;
        clock.Begin(GenerationPhase.Decode, size.Frames - first);
        float[] frame = new float[perFrame];
        TiledFrame decoder = new(executor, tiles);
        while (decoded < size.Frames)
        {
            Unscale(latents.AsSpan(decoded * perFrame, perFrame), frame);
            if (!decoder.Decode(frame, cancellation))
            {
                return false;
            }

            frameSink(decoded++, decoder.Rgb);
            clock.Report(decoded - first);
        }

        return true;
    }

    private void Unscale(ReadOnlySpan<float> latents, Span<float> frame)
    {
        for (int i = 0; i < frame.Length; i++)
        {
            frame[i] = latents[i] / model.VaeConfig.ScalingFactor;
        }
    }
}
