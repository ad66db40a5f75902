using System.Collections.Immutable;
using System.Numerics;

namespace Hummingbird.Vulkan.Engine.Weights;

/// <summary>Low-rank updates of weights (LoRA; Hu et al., 2021): W + scale (up x down), all flattened to matrices.</summary>
/// <remarks>up [outputs, rank, 1...], down [rank, inputs, kernel...].</remarks>
public static class LowRank
{
    /// <summary>Reads a row of up: <paramref name="factors"/>.Length elements from <paramref name="row"/> times as many on.</summary>
    public delegate void ReadRow(long row, Span<float> factors);

    /// <summary>Whether the two matrices change a weight of this shape.</summary>
    public static bool Fits(ReadOnlySpan<long> weight, ReadOnlySpan<long> up, ReadOnlySpan<long> down)
    {
        if (weight.Length < 2 || up.Length < 2 || down.Length < 2)
        {
            return false;
        }

        long outputs = weight[0], inputs = Count(weight) / Math.Max(1, outputs), rank = up[1];
        return up[0] == outputs && rank == down[0] && Count(up) == outputs * rank && Count(down) == inputs * rank;
    }

    /// <summary>Adds the update to consecutive elements of a weight.</summary>
    /// <param name="values">Elements of W from <paramref name="first"/> on.</param>
    /// <param name="first">Index of the first.</param>
    /// <param name="down">All of down.</param>
    /// <param name="rank">Rows of down.</param>
    /// <param name="readUp">Rows of up.</param>
    /// <param name="scale">Of the update.</param>
    public static void Add(Span<float> values, long first, ReadOnlySpan<float> down, int rank, ReadRow readUp, float scale = 1)
    {
        int inputs = down.Length / rank;
        float[] factors = new float[rank];
        for (int at = 0; at < values.Length;)
        {
            (long row, long column) = long.DivRem(first + at, inputs);
            int count = (int)Math.Min(values.Length - at, inputs - column);
            readUp(row, factors);
            for (int r = 0; r < rank; r++)
            {
                AddScaled(values.Slice(at, count), down.Slice((int)((r * (long)inputs) + column), count), scale * factors[r]);
            }

            at += count;
        }
    }

    private static long Count(ReadOnlySpan<long> shape)
    {
        long count = 1;
        foreach (long extent in shape)
        {
            count *= extent;
        }

        return count;
    }

    private static void AddScaled(Span<float> sum, ReadOnlySpan<float> values, float factor)
    {
        int at = 0;
        for (; at <= sum.Length - Vector<float>.Count; at += Vector<float>.Count)
        {
            (new Vector<float>(sum[at..]) + (new Vector<float>(values[at..]) * factor)).CopyTo(sum[at..]);
        }

        for (; at < sum.Length; at++)
        {
            sum[at] += values[at] * factor;
        }
    }
}

/// <summary>One layer's update.</summary>
/// <param name="Up">[outputs, rank, 1...].</param>
/// <param name="Down">[rank, inputs, kernel...].</param>
/// <param name="Scale">What the product is multiplied by.</param>
public sealed record LowRankPair(WeightTensor Up, WeightTensor Down, float Scale);

/// <summary>Another source's weights with low-rank updates merged as they are read; nothing is held in memory.</summary>
public sealed class LoraSource : IWeightSource
{
    private readonly IWeightSource inner;
    private readonly IReadOnlyDictionary<string, LowRankPair> updates;

    /// <param name="inner">The weights.</param>
    /// <param name="updates">By the name of the weight they change.</param>
    /// <param name="file">What messages call them.</param>
    /// <exception cref="WeightException">A weight is missing or has another shape.</exception>
    public LoraSource(IWeightSource inner, IReadOnlyDictionary<string, LowRankPair> updates, string file)
    {
        (this.inner, this.updates, DisplayName) = (inner, updates, $"{inner.DisplayName} with {file}");
        foreach ((string name, LowRankPair pair) in updates)
        {
            if (!inner.TryGet(name, out WeightTensor? weight))
            {
                throw WeightException.In(file, $"changes {Quote.Name(name)}, which {inner.DisplayName} does not have.");
            }

            if (!LowRank.Fits(Long(weight), Long(pair.Up), Long(pair.Down)))
            {
                throw WeightException.In(file, $"has matrices {Quote.Shape(pair.Up.Shape.AsSpan())} and {Quote.Shape(pair.Down.Shape.AsSpan())}, "
                    + $"which do not fit {Quote.Name(name)} {Quote.Shape(weight.Shape.AsSpan())}.");
            }
        }
    }

    public string DisplayName { get; }

    public IEnumerable<string> Names => inner.Names;

    public bool TryGet(string name, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out WeightTensor? tensor)
    {
        if (inner.TryGet(name, out tensor) && updates.TryGetValue(name, out LowRankPair? pair))
        {
            tensor = new Merged(tensor, pair);
        }

        return tensor is not null;
    }

    private static long[] Long(WeightTensor tensor) => [.. tensor.Shape.Select(d => (long)d)];

    /// <summary>fp32 whatever the weight is stored in: rounding comes last.</summary>
    private sealed class Merged(WeightTensor weight, LowRankPair pair) : WeightTensor(weight.Name, weight.Shape, WeightType.F32)
    {
        private readonly int rank = pair.Down.Shape[0];

        public override void ReadFloats(Span<float> destination, long first = 0)
        {
            weight.ReadFloats(destination, first);
            LowRank.Add(destination, first, pair.Down.ReadFloats(), rank, (row, factors) => pair.Up.ReadFloats(factors, row * rank), pair.Scale);
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
    }
}
