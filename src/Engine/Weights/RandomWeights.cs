using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Hummingbird.Vulkan.Engine.Weights;

/// <summary>The tensors of a published architecture with values drawn from a seed, made when they are read: no checkpoint, no memory.</summary>
/// <remarks>For speed, memory and soak: matrices have variance 1 / fan-in and norms are near 1, so that activations stay of order 1.
/// Every element is a hash of seed, name and index: parts can be read in any order, on any machine, with the same result.</remarks>
/// <param name="shapes">Names and shapes as the checkpoint has them.</param>
/// <param name="seed">Another seed, other values.</param>
/// <param name="displayName">What messages call it.</param>
public sealed class RandomWeights(IReadOnlyDictionary<string, ImmutableArray<int>> shapes, long seed, string displayName = "random weights") : IWeightSource
{
    public string DisplayName => displayName;

    public IEnumerable<string> Names => shapes.Keys;

    /// <summary>Elements of all tensors together.</summary>
    public long ElementCount => shapes.Values.Sum(s => s.Aggregate(1L, (product, extent) => product * extent));

    public bool TryGet(string name, [NotNullWhen(true)] out WeightTensor? tensor)
    {
        tensor = shapes.TryGetValue(name, out ImmutableArray<int> shape) ? new Drawn(name, shape, Start(name)) : null;
        return tensor is not null;
    }

    private ulong Start(string name)
    {
        ulong hash = Mix((ulong)seed + 0x9E37_79B9_7F4A_7C15);
        foreach (byte letter in Encoding.UTF8.GetBytes(name))
        {
            hash = Mix(hash ^ letter);
        }

        return hash;
    }

    /// <remarks>The finaliser of SplitMix64 (Steele, Lea, Flood 2014): every bit of the input reaches every bit of the output.</remarks>
    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58_476D_1CE4_E5B9;
        value = (value ^ (value >> 27)) * 0x94D0_49BB_1331_11EB;
        return value ^ (value >> 31);
    }

    /// <summary>Uniform values around a mean, fp16 as in the published files.</summary>
    private sealed class Drawn : WeightTensor
    {
        private readonly ulong start;
        private readonly float mean;
        private readonly float width;

        public Drawn(string name, ImmutableArray<int> shape, ulong start)
            : base(name, shape, WeightType.F16)
        {
            this.start = start;
            bool isFactor = name.EndsWith(".gamma", StringComparison.Ordinal), isTable = isFactor || name.EndsWith(".beta", StringComparison.Ordinal);
            bool isMatrix = shape.Length > 1 && !isTable;
            mean = isFactor || (!isMatrix && name.EndsWith("weight", StringComparison.Ordinal)) ? 1 : 0;

            // A uniform value in [-w, w] has variance w^2 / 3.
            width = isMatrix ? MathF.Sqrt(3f * shape[0] / ElementCount) : 0.1f;
        }

        public override void ReadFloats(Span<float> destination, long first = 0)
        {
            for (int i = 0; i < destination.Length; i++)
            {
                destination[i] = (float)Value(first + i);
            }
        }

        public override void ReadHalves(Span<Half> destination, long first = 0)
        {
            for (int i = 0; i < destination.Length; i++)
            {
                destination[i] = Value(first + i);
            }
        }

        private Half Value(long index)
        {
            ulong bits = Mix(start + ((ulong)index * 0x9E37_79B9_7F4A_7C15));
            float unit = ((bits >> 40) * (2f / (1 << 24))) - 1;
            return (Half)(mean + (unit * width));
        }
    }
}
