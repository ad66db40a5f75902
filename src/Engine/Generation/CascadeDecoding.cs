using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Engine.Generation;

/// <summary>Takes a decoded frame's values: bytes 0 to 255, or pixels about [-1, 1] that are to be enlarged.</summary>
internal delegate void DecodedFrame(int index, ReadOnlySpan<float> values);

/// <summary>Latents to frames by the VideoVAE, window by window.</summary>
internal sealed class CascadeDecoding(MagicVideoParts parts, WeightScope weights, IGraphBackend backend, PhaseClock clock)
{
    private int decoded;

    /// <summary>Decodes what has not been decoded yet; may be called again after it was interrupted.</summary>
    /// <returns>How many frames there are.</returns>
    public int Run(float[] latents, CascadeSize size, DecodedFrame take, CancellationToken cancellation)
    {
        if (TryRun(backend.Storage, latents, size, take, cancellation))
        {
            return decoded;
        }

        clock.Note($"Decoding overflowed in fp16 at frame {decoded} and went on in fp32.");
        return TryRun(StorageTypes.Single, latents, size, take, cancellation)
            ? decoded
            : throw new WeightException($"Frame {decoded} has NaN or infinite values even in fp32: the VideoVAE weights of {weights} are damaged.");
    }

    private bool TryRun(StorageTypes storage, float[] latents, CascadeSize size, DecodedFrame take, CancellationToken cancellation)
    {
        int before = decoded;
        foreach (IGrouping<int, (int First, int Count)> group in size.Windows.Where(w => w.First + w.Count > before).GroupBy(w => w.Count))
        {
            clock.Begin(GenerationPhase.Load, 1);
            VideoVae vae = new(parts.Vae, weights);
            using IGraphExecutor executor = backend.Prepare(CascadeGraphs.DecodeWindow(vae, storage, size, group.Key));
            clock.Begin(GenerationPhase.Decode, size.Frames - before);
            foreach ((int first, int count) in group)
            {
                float[] window = [.. latents.AsSpan(first * size.LatentCount, count * size.LatentCount)];
                for (int i = 0; i < window.Length; i++)
                {
                    window[i] /= parts.Vae.Scale;
                }

                executor.Write("latents", window);
                executor.Run(cancellation);
                if (!TakeFrames(executor, first, count, before, take))
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>Hands out the frames of a window that were not decoded before.</summary>
    private bool TakeFrames(IGraphExecutor executor, int first, int count, int before, DecodedFrame take)
    {
        float[] overflows = new float[1], values = new float[executor.Graph.Output("frame.0").Shape.Count];
        executor.Read("overflows", overflows);
        if (overflows[0] != 0)
        {
            return false;
        }

        for (int i = decoded - first; i < count; i++)
        {
            executor.Read($"frame.{i}", values);
            take(decoded++, values);
            clock.Report(decoded - before);
        }

        return true;
    }
}
