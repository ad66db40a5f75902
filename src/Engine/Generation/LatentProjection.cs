using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Random;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Engine.Generation;

/// <summary>Colours of latents without decoding them: rgb = bias + latent x slopes, for previews.</summary>
/// <remarks>Fitted to the model's own decoder: it decodes one small mosaic of random latents, and least squares do the rest.</remarks>
public sealed class LatentProjection
{
    // Latents along a side of the mosaic, and of a tile, whose inner half is looked at.
    private const int Side = 32, Tile = 4;

    // Added to the diagonal, relative to it: a channel that changes nothing gets no slope.
    private const double Ridge = 1e-3;

    private readonly float[] bias;
    private readonly float[] slopes;

    /// <param name="bias">RGB of the latent 0 in [-1, 1].</param>
    /// <param name="slopes">[C, 3]: what one unit of each channel adds.</param>
    public LatentProjection(float[] bias, float[] slopes) => (this.bias, this.slopes) = (bias, slopes);

    public int Channels => slopes.Length / 3;

    /// <summary>Decodes the mosaic and fits.</summary>
    public static LatentProjection Measure(ModelFolder model, IGraphBackend backend, CancellationToken cancellation)
    {
        (int channels, int across) = (model.VaeConfig.ZChannels, Side / Tile);
        float[] drawn = new TorchGenerator(0).Randn(across * across * channels), mosaic = new float[Side * Side * channels];
        for (int i = 0; i < mosaic.Length; i++)
        {
            (int y, int x) = Math.DivRem(i / channels, Side);
            mosaic[i] = drawn[((((y / Tile) * across) + (x / Tile)) * channels) + (i % channels)] / model.VaeConfig.ScalingFactor;
        }

        AutoencoderKL vae = new(model.VaeConfig, new WeightScope(model.Vae));
        using IGraphExecutor executor = backend.Prepare(Decoding.BuildFrame(vae, StorageTypes.Single, new(1, Side, Side, channels)));
        executor.Write("latents", mosaic);
        executor.Run(cancellation);
        float[] image = new float[executor.Graph.Output("image").Shape.Count];
        executor.Read("image", image);
        return Fit(drawn, Colours(image, across, Tile * vae.Factor), channels);
    }

    /// <summary>Least squares.</summary>
    /// <param name="latents">[N, C].</param>
    /// <param name="colours">[N, 3].</param>
    public static LatentProjection Fit(float[] latents, float[] colours, int channels)
    {
        int unknowns = channels + 1, samples = latents.Length / channels;
        double[,] system = new double[unknowns, unknowns + 3];
        double[] row = new double[unknowns + 3];
        for (int n = 0; n < samples; n++)
        {
            for (int i = 0; i < unknowns + 3; i++)
            {
                row[i] = i < channels ? latents[(n * channels) + i] : i == channels ? 1 : colours[(3 * n) + i - unknowns];
            }

            for (int i = 0; i < unknowns; i++)
            {
                for (int j = 0; j < unknowns + 3; j++)
                {
                    system[i, j] += row[i] * row[j] * (i == j ? 1 + Ridge : 1);
                }
            }
        }

        Solve(system, unknowns);
        float Solution(int unknown, int colour) => (float)system[unknown, unknowns + colour];
        return new(
            [.. Enumerable.Range(0, 3).Select(c => Solution(channels, c))],
            [.. from unknown in Enumerable.Range(0, channels) from colour in Enumerable.Range(0, 3) select Solution(unknown, colour)]);
    }

    /// <summary>Frames of pixels, each latent <paramref name="zoom"/> pixels wide and high.</summary>
    /// <param name="latents">[1, T, H, W, C], scaled as the network sees them.</param>
    /// <param name="size">Their extents.</param>
    /// <param name="frame">Which frame.</param>
    /// <param name="zoom">Pixels per latent.</param>
    /// <param name="rgb">RGB8 [H * zoom, W * zoom, 3].</param>
    public void Paint(ReadOnlySpan<float> latents, LatentSize size, int frame, int zoom, Span<byte> rgb)
    {
        int across = size.Width * zoom;
        for (int y = 0; y < size.Height; y++)
        {
            for (int x = 0; x < size.Width; x++)
            {
                ReadOnlySpan<float> latent = latents.Slice((((frame * size.Height) + y) * size.Width + x) * size.Channels, size.Channels);
                for (int i = 0; i < 3; i++)
                {
                    byte value = ToByte(Value(latent, i));
                    for (int j = 0; j < zoom * zoom; j++)
                    {
                        rgb[((((y * zoom) + (j / zoom)) * across) + (x * zoom) + (j % zoom)) * 3 + i] = value;
                    }
                }
            }
        }
    }

    /// <summary>The mean colour of each tile's inner half, as far as it can be shown.</summary>
    private static float[] Colours(float[] image, int tilesAcross, int tilePixels)
    {
        float[] colours = new float[3 * tilesAcross * tilesAcross];
        int half = tilePixels / 2, width = tilesAcross * tilePixels;
        for (int i = 0; i < image.Length; i++)
        {
            (int y, int x) = Math.DivRem(i / 3, width);
            int inY = (y % tilePixels) - (half / 2), inX = (x % tilePixels) - (half / 2);
            if (inY >= 0 && inY < half && inX >= 0 && inX < half)
            {
                colours[(3 * (((y / tilePixels) * tilesAcross) + (x / tilePixels))) + (i % 3)] += Math.Clamp(image[i], -1, 1) / (half * half);
            }
        }

        return colours;
    }

    /// <summary>Gauss and Jordan; the system is positive definite, so that no pivot vanishes.</summary>
    private static void Solve(double[,] system, int unknowns)
    {
        for (int pivot = 0; pivot < unknowns; pivot++)
        {
            for (int i = 0; i < unknowns; i++)
            {
                double factor = i == pivot ? 0 : system[i, pivot] / system[pivot, pivot];
                for (int j = pivot; j < system.GetLength(1) && i != pivot; j++)
                {
                    system[i, j] -= factor * system[pivot, j];
                }
            }
        }

        for (int i = 0; i < unknowns; i++)
        {
            for (int j = unknowns; j < system.GetLength(1); j++)
            {
                system[i, j] /= system[i, i];
            }
        }
    }

    private float Value(ReadOnlySpan<float> latent, int colour)
    {
        float value = bias[colour];
        for (int c = 0; c < latent.Length; c++)
        {
            value += latent[c] * slopes[(3 * c) + colour];
        }

        return value;
    }

    private static byte ToByte(float value) => (byte)((Math.Clamp(float.IsNaN(value) ? -1 : value, -1f, 1f) + 1f) / 2f * 255f);
}
