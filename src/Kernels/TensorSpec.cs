namespace Hummingbird.Vulkan.Kernels;

/// <summary>What a kernel knows of an operand: its extents, storage type, and the distance between rows.</summary>
/// <param name="Shape">Extents in memory order, innermost last.</param>
/// <param name="DType">Storage type; <see cref="DType.None"/> for an absent optional operand.</param>
/// <param name="RowStride">Elements from one row of channels to the next; more than the channels for a column slice.</param>
public readonly record struct TensorSpec(Shape Shape, DType DType, int RowStride)
{
    public TensorSpec(Shape shape, DType type)
        : this(shape, type, shape.Rank == 0 ? 0 : shape.Channels)
    {
    }

    /// <summary>An optional operand that is not there.</summary>
    public static TensorSpec Absent => default;

    public bool IsPresent => DType != DType.None;

    public bool IsContiguous => RowStride == Shape.Channels;

    /// <summary>Bytes of a contiguous tensor of this shape.</summary>
    public long SizeInBytes => Shape.Count * DType.Size();

    public override string ToString() => IsPresent ? $"{DType.Name()}{Shape}{(IsContiguous ? "" : $"/{RowStride}")}" : "absent";
}
