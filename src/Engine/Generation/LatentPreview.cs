using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Engine.Generation;

/// <summary>Takes what the network believes the clean latents to be, after each denoising step.</summary>
/// <param name="step">From 1.</param>
/// <param name="steps">How many there will be.</param>
/// <param name="size">Extents.</param>
/// <param name="latents">[T, H, W, C]; the memory is reused for the next step.</param>
public delegate void LatentSink(int step, int steps, LatentSize size, ReadOnlySpan<float> latents);

/// <summary>Latents as small pictures, without the decoder: each colour is a linear function of a pixel's channels.</summary>
/// <remarks>The function belongs to the autoencoder: <c>latent_rgb_factors</c> (a row of red, green, blue for each channel) and
/// <c>latent_rgb_bias</c> of vae/config.json, in units where black is 0 and white 1. Without them the channels are taken for those of
/// Stable Diffusion's autoencoder, whose factors were fitted by its users.</remarks>
public sealed class LatentPreview
{
    private static readonly ImmutableArray<float> StableDiffusion =
    [
        0.149f, 0.104f, 0.104f,
        0.094f, 0.143f, 0.087f,
        -0.079f, 0.095f, 0.132f,
        -0.092f, -0.136f, -0.237f,
    ];

    private readonly ImmutableArray<float> factors, bias;

    /// <param name="factors">[C, 3].</param>
    /// <param name="bias">[3].</param>
    public LatentPreview(ImmutableArray<float> factors, ImmutableArray<float> bias) => (this.factors, this.bias) = (factors, bias);

    public static LatentPreview Of(ModelFolder model)
    {
        AutoencoderConfig vae = model.VaeConfig;
        return vae is { LatentRgbFactors: { } rows, LatentRgbBias: { } bias }
            ? new([.. rows.SelectMany(row => row)], [.. bias])
            : new([.. StableDiffusion.Concat(Enumerable.Repeat(0f, 3 * vae.ZChannels)).Take(3 * vae.ZChannels)], [0.5f, 0.5f, 0.5f]);
    }

    /// <param name="latents">[pixels, C], pixels = T * H * W.</param>
    /// <param name="rgb">RGB8 [pixels, 3].</param>
    public void Project(ReadOnlySpan<float> latents, Span<byte> rgb)
    {
        int channels = factors.Length / 3;
        for (int pixel = 0; pixel < latents.Length / channels; pixel++)
        {
            ReadOnlySpan<float> values = latents.Slice(pixel * channels, channels);
            for (int colour = 0; colour < 3; colour++)
            {
                float sum = bias[colour];
                for (int c = 0; c < channels; c++)
                {
                    sum += values[c] * factors[(3 * c) + colour];
                }

                rgb[(3 * pixel) + colour] = (byte)Math.Clamp(MathF.Round(255 * sum), 0, 255);
            }
        }
    }

    /// <summary>The factors that fit pictures best, in the least-squares sense.</summary>
    /// <param name="latents">[pixels, C].</param>
    /// <param name="rgb">[pixels, 3], black 0 and white 1, each the mean of the picture's pixels there.</param>
    /// <returns>[C + 1, 3]; the last row is the bias.</returns>
    public static double[,] Fit(ReadOnlySpan<float> latents, ReadOnlySpan<float> rgb, int channels)
    {
        int n = channels + 1;
        double[,] system = new double[n, n + 3]; // Normal equations, the three right sides behind them.
        double[] row = new double[n];
        for (int pixel = 0; pixel < latents.Length / channels; pixel++)
        {
            for (int i = 0; i < n; i++)
            {
                row[i] = i < channels ? latents[(pixel * channels) + i] : 1;
            }

            for (int i = 0; i < n; i++)
            {
                for (int j = 0; j < n + 3; j++)
                {
                    system[i, j] += row[i] * (j < n ? row[j] : rgb[(3 * pixel) + j - n]);
                }
            }
        }

        return Solve(system, n);
    }

    /// <summary>Gauss-Jordan elimination; the system is symmetric and positive, so the diagonal will do for pivots.</summary>
    private static double[,] Solve(double[,] system, int n)
    {
        for (int pivot = 0; pivot < n; pivot++)
        {
            double scale = 1 / (system[pivot, pivot] + 1e-9);
            for (int j = pivot; j < n + 3; j++)
            {
                system[pivot, j] *= scale;
            }

            for (int i = 0; i < n; i++)
            {
                double factor = i == pivot ? 0 : system[i, pivot];
                for (int j = pivot; j < n + 3; j++)
                {
                    system[i, j] -= factor * system[pivot, j];
                }
            }
        }

        double[,] solution = new double[n, 3];
        for (int i = 0; i < n; i++)
        {
            for (int colour = 0; colour < 3; colour++)
            {
                solution[i, colour] = system[i, n + colour];
            }
        }

        return solution;
    }
}
