namespace Hummingbird.Vulkan.Kernels;

/// <summary>A tensor in host memory as the references see it: fp32 values, whatever the storage type on a device.</summary>
/// <remarks>Token ids and bytes are held as floats too: every id below 2^24 is exact.</remarks>
public sealed class HostTensor
{
    public HostTensor(Shape shape)
        : this(shape, new float[shape.Count])
    {
    }

    public HostTensor(Shape shape, float[] data, int offset = 0, int? rowStride = null)
    {
        RowStride = rowStride ?? shape.Channels;
        long needed = offset + ((shape.Rows - 1) * RowStride) + shape.Channels;
        if (needed > data.Length)
        {
            throw new ShapeException($"A host tensor {shape} with row stride {RowStride} at {offset} needs {needed} values, found {data.Length}.");
        }

        (Shape, Data, Offset) = (shape, data, offset);
    }

    public Shape Shape { get; }

    public float[] Data { get; }

    public int Offset { get; }

    public int RowStride { get; }

    /// <summary>One row of channels.</summary>
    public Span<float> Row(long row) => Data.AsSpan(checked(Offset + (int)(row * RowStride)), Shape.Channels);

    /// <summary>The columns [<paramref name="start"/>, start + count) of every row, without a copy.</summary>
    public HostTensor Columns(int start, int count) => new(Shape.WithChannels(count), Data, Offset + start, RowStride);

    /// <summary>The values in memory order, copied when this is a slice.</summary>
    public float[] ToArray()
    {
        var values = new float[Shape.Count];
        for (long row = 0; row < Shape.Rows; row++)
        {
            Row(row).CopyTo(values.AsSpan((int)(row * Shape.Channels)));
        }

        return values;
    }
}
