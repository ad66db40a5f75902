namespace Hummingbird.Vulkan.Engine.Generation;

/// <summary>Between PyTorch's order of a video latent, [C, T, H, W], and ours, [T, H, W, C].</summary>
public static class LatentLayout
{
    /// <summary>[C, P] -> [P, C] with P = T * H * W.</summary>
    public static void ChannelsLast(ReadOnlySpan<float> source, Span<float> target, int channels)
    {
        int pixels = source.Length / channels;
        for (int c = 0; c < channels; c++)
        {
            for (int p = 0; p < pixels; p++)
            {
                target[(p * channels) + c] = source[(c * pixels) + p];
            }
        }
    }

    /// <summary>[P, C] -> [C, P] with P = T * H * W.</summary>
    public static void ChannelsFirst(ReadOnlySpan<float> source, Span<float> target, int channels)
    {
        int pixels = source.Length / channels;
        for (int p = 0; p < pixels; p++)
        {
            for (int c = 0; c < channels; c++)
            {
                target[(c * pixels) + p] = source[(p * channels) + c];
            }
        }
    }
}
