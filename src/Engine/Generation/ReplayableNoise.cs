namespace Hummingbird.Vulkan.Engine.Generation;

/// <summary>Noise that can be drawn again: what is repeated after an overflow or a lost device gets the same values.</summary>
internal sealed class ReplayableNoise(INoiseSource source) : INoiseSource
{
    private readonly List<float[]> kept = [];

    /// <summary>Draws since the last <see cref="Forget"/>; set to an earlier value to draw them again.</summary>
    public int Position { get; set; }

    public float[] Next(int count)
    {
        if (Position == kept.Count)
        {
            kept.Add(source.Next(count));
        }

        return kept[Position++];
    }

    /// <summary>The same from torch's order of one video to ours.</summary>
    public float[] NextVideo(int count, int channels)
    {
        float[] ordered = new float[count];
        LatentLayout.ChannelsLast(Next(count), ordered, channels);
        return ordered;
    }

    /// <summary>What was drawn so far will not be asked for again.</summary>
    public void Forget()
    {
        kept.RemoveRange(0, Position);
        Position = 0;
    }
}
