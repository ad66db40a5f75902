using System.Runtime.CompilerServices;

namespace Hummingbird.Vulkan.Kernels;

/// <summary>Up to five extents in memory order, innermost last: <c>[B, T, H, W, C]</c> for video, <c>[B, L, C]</c> for tokens.</summary>
[CollectionBuilder(typeof(Shape), nameof(Create))]
public readonly struct Shape : IEquatable<Shape>
{
    public const int MaxRank = 5;

    private readonly Extents extents;

    public Shape(ReadOnlySpan<int> extents)
    {
        if (extents.Length > MaxRank)
        {
            throw new ShapeException($"A shape has at most {MaxRank} extents, not {extents.Length}.");
        }

        foreach (int extent in extents)
        {
            if (extent < 1)
            {
                throw new ShapeException($"Every extent must be at least 1, found {extent} in [{string.Join(", ", extents.ToArray())}].");
            }
        }

        Rank = extents.Length;
        extents.CopyTo(this.extents);
    }

    public int Rank { get; }

    public static Shape Create(ReadOnlySpan<int> extents) => new(extents);

    /// <summary>The extent at <paramref name="axis"/>; negative axes count from the end.</summary>
    public int this[int axis]
    {
        get
        {
            int index = axis < 0 ? Rank + axis : axis;
            return (uint)index < (uint)Rank ? extents[index] : throw new ShapeException($"Shape {this} has no axis {axis}.");
        }
    }

    /// <summary>Number of elements.</summary>
    public long Count
    {
        get
        {
            long count = 1;
            for (int i = 0; i < Rank; i++)
            {
                count *= extents[i];
            }

            return count;
        }
    }

    /// <summary>The innermost extent: channels.</summary>
    public int Channels => this[-1];

    /// <summary>All extents but the innermost, multiplied: how many rows of <see cref="Channels"/> there are.</summary>
    public long Rows => Count / Channels;

    /// <summary>The same extents with another number of channels.</summary>
    public Shape WithChannels(int channels)
    {
        Span<int> copy = stackalloc int[Rank];
        CopyTo(copy);
        copy[^1] = channels;
        return new(copy);
    }

    public void CopyTo(Span<int> destination) => extents[..Rank].CopyTo(destination);

    public int[] ToArray() => extents[..Rank].ToArray();

    public bool Equals(Shape other) => Rank == other.Rank && extents[..Rank].SequenceEqual(other.extents[..Rank]);

    public override bool Equals(object? obj) => obj is Shape other && Equals(other);

    public override int GetHashCode()
    {
        HashCode hash = default;
        for (int i = 0; i < Rank; i++)
        {
            hash.Add(extents[i]);
        }

        return hash.ToHashCode();
    }

    public override string ToString() => $"[{string.Join(",", ToArray())}]";

    // Lets collection expressions build a shape: Shape s = [1, 16, 40, 64, 320].
    public IEnumerator<int> GetEnumerator() => ((IEnumerable<int>)ToArray()).GetEnumerator();

    public static bool operator ==(Shape left, Shape right) => left.Equals(right);

    public static bool operator !=(Shape left, Shape right) => !left.Equals(right);

    [InlineArray(MaxRank)]
    private struct Extents
    {
        private int first;
    }
}
