using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Engine.Models;

/// <summary>T5's relative position bias spread out over the distances of a sequence: [heads, 2L - 1] from a table [buckets, heads].</summary>
/// <remarks>Column d + L - 1 is for a key d tokens behind the query. Half of the buckets are for keys ahead; of each half, half are single
/// distances and half grow logarithmically. Source: Raffel et al. 2020, section 2.1; T5Attention._relative_position_bucket.</remarks>
internal sealed class RelativePositionBias(WeightTensor table, T5Config config, int length)
    : WeightTensor($"{table.Name}[{length} tokens]", [config.NumHeads, (2 * length) - 1], table.Type)
{
    public override void ReadFloats(Span<float> destination, long first = 0)
    {
        float[] values = table.ReadFloats();
        int columns = Shape[1];
        for (int i = 0; i < destination.Length; i++)
        {
            (long head, long column) = Math.DivRem(first + i, columns);
            destination[i] = values[(Bucket((int)column - length + 1, config) * config.NumHeads) + head];
        }
    }

    public override void ReadHalves(Span<Half> destination, long first = 0)
    {
        float[] values = new float[destination.Length];
        ReadFloats(values, first);
        for (int i = 0; i < values.Length; i++)
        {
            destination[i] = (Half)values[i];
        }
    }

    /// <summary>The bucket of a key <paramref name="distance"/> tokens behind the query.</summary>
    internal static int Bucket(int distance, T5Config config)
    {
        int half = config.RelativeAttentionNumBuckets / 2, exact = half / 2, magnitude = Math.Abs(distance);
        int bucket = magnitude;
        if (magnitude >= exact)
        {
            // In fp32, as where the weights come from: the truncation must fall on the same side.
            float logarithm = MathF.Log(magnitude / (float)exact) / (float)Math.Log(config.RelativeAttentionMaxDistance / (double)exact);
            bucket = Math.Min(half - 1, exact + (int)(logarithm * (half - exact)));
        }

        return bucket + (distance > 0 ? half : 0);
    }
}
