using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.WeightsConverter.Checkpoints;

/// <summary>A named tensor of a checkpoint, whose elements are read piece by piece in C order, as stored.</summary>
public abstract class SourceTensor(string name, WeightType type, ImmutableArray<long> shape)
{
    public string Name { get; } = name;

    public WeightType Type { get; } = type;

    /// <summary>Dimensions, outermost first; empty for a scalar.</summary>
    public ImmutableArray<long> Shape { get; } = shape;

    public long ElementCount { get; } = shape.Aggregate(1L, (product, dimension) => checked(product * dimension));

    public long SizeInBytes => ElementCount * Type.SizeInBytes();

    /// <summary>About where its values begin in their file, in bytes: read in this order, a file is read from end to end.</summary>
    public virtual long Begin => 0;

    /// <summary>Reads whole elements, little-endian, from element <paramref name="first"/> on.</summary>
    public abstract void Read(Span<byte> destination, long first);

    /// <summary>The same values under another name and a shape of as many elements.</summary>
    public SourceTensor As(string newName, ImmutableArray<long> newShape) => new Renamed(this, newName, newShape);

    public SourceTensor As(string newName) => new Renamed(this, newName, Shape);

    private sealed class Renamed(SourceTensor inner, string name, ImmutableArray<long> shape) : SourceTensor(name, inner.Type, shape)
    {
        public override long Begin => inner.Begin;

        public override void Read(Span<byte> destination, long first) => inner.Read(destination, first);
    }
}

/// <summary>A tensor of zeros, where a model has a layer its source has not.</summary>
internal sealed class ZeroTensor(string name, WeightType type, ImmutableArray<long> shape) : SourceTensor(name, type, shape)
{
    public override void Read(Span<byte> destination, long first) => destination.Clear();
}

/// <summary>A tensor of a safetensors file.</summary>
internal sealed class SafetensorsTensor(SafetensorsFile file, TensorEntry entry) : SourceTensor(entry.Name, entry.Type, entry.Shape)
{
    public override long Begin => entry.Begin;

    public override void Read(Span<byte> destination, long first) => file.Read(entry, destination, first * Type.SizeInBytes());
}

/// <summary>A window of a torch storage: contiguous, or with strides of its own.</summary>
/// <param name="storageBegin">Where the storage's first byte lies in the file.</param>
/// <param name="offset">Of the first element, in elements.</param>
internal sealed class StorageTensor(
    CheckpointBytes file, string name, WeightType type, ImmutableArray<long> shape, long storageBegin, long offset, ImmutableArray<long> strides)
    : SourceTensor(name, type, shape)
{
    private const long SmallSpan = 64 << 20;

    private readonly bool isContiguous = IsContiguous(shape, strides);
    private readonly long span = 1 + shape.Select((d, i) => (d - 1) * strides[i]).Sum();
    private WeakReference<byte[]>? loaded;

    public override long Begin => storageBegin + (offset * Type.SizeInBytes());

    public override void Read(Span<byte> destination, long first)
    {
        int size = Type.SizeInBytes();
        if (isContiguous)
        {
            file.Read(storageBegin + ((offset + first) * size), destination, Quote.Name(Name));
            return;
        }

        // The bytes between first and last element, when that is not much more than the tensor itself; else element by element.
        bool isDense = span <= 2 * ElementCount || span * size <= SmallSpan;
        byte[]? all = isDense ? LoadAll(size) : null;
        for (int at = 0; at < destination.Length; at += size, first++)
        {
            long element = Locate(first);
            if (all is not null)
                all.AsSpan((int)(element * size), size).CopyTo(destination[at..]);
            else
                file.Read(storageBegin + ((offset + element) * size), destination.Slice(at, size), Quote.Name(Name));
        }
    }

    private byte[] LoadAll(int size)
    {
        if (loaded is not null && loaded.TryGetTarget(out byte[]? bytes))
            return bytes;
        if (span * size > Array.MaxLength)
            throw file.Bad($"tensor {Quote.Name(Name)} is a strided view over {span * size} bytes; at most {Array.MaxLength} can be put in order");
        bytes = file.ReadBytes(storageBegin + (offset * size), (int)(span * size), Quote.Name(Name));
        loaded = new(bytes);
        return bytes;
    }

    /// <summary>The place of an element in the storage, counted from the tensor's first.</summary>
    private long Locate(long index)
    {
        long place = 0;
        for (int d = Shape.Length - 1; d >= 0; d--)
        {
            place += index % Shape[d] * strides[d];
            index /= Shape[d];
        }

        return place;
    }

    private static bool IsContiguous(ImmutableArray<long> shape, ImmutableArray<long> strides)
    {
        if (shape.Contains(0))
            return true;
        long expected = 1;
        for (int d = shape.Length - 1; d >= 0; d--)
        {
            if (shape[d] != 1 && strides[d] != expected)
                return false;
            expected *= shape[d];
        }

        return true;
    }
}
