using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Random;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Graph;

public sealed class LatentProjectionTests
{
    [Fact]
    public void A_linear_decoder_is_found_again_and_painted()
    {
        const int Channels = 4, Samples = 64, Zoom = 2;
        float[] bias = [0.1f, -0.2f, 0.3f], slopes = [.. Enumerable.Range(0, 3 * Channels).Select(i => 0.2f * MathF.Sin(i + 1))];
        float[] latents = new TorchGenerator(1).Randn(Samples * Channels);
        float Colour(int sample, int colour) => bias[colour] + Enumerable.Range(0, Channels).Sum(c => latents[(sample * Channels) + c] * slopes[(3 * c) + colour]);
        float[] colours = [.. from n in Enumerable.Range(0, Samples) from c in Enumerable.Range(0, 3) select Colour(n, c)];
        LatentProjection projection = LatentProjection.Fit(latents, colours, Channels);
        LatentSize size = new(2, 4, 8, Channels);
        byte[] rgb = new byte[3 * 4 * 8 * Zoom * Zoom];
        projection.Paint(latents, size, 1, Zoom, rgb);
        for (int y = 0; y < 4 * Zoom; y++)
        {
            for (int x = 0; x < 8 * Zoom; x++)
            {
                int sample = 32 + ((y / Zoom) * 8) + (x / Zoom);
                for (int c = 0; c < 3; c++)
                {
                    float expected = (Math.Clamp(Colour(sample, c), -1, 1) + 1) / 2 * 255;
                    Assert.InRange(rgb[(((y * 8 * Zoom) + x) * 3) + c], expected - 2, expected + 2);
                }
            }
        }
    }
}
