using System.Collections.Immutable;

namespace Hummingbird.Vulkan.Engine.Weights;

/// <summary>One named weight whose values are read when asked for.</summary>
/// <param name="name">Full name within its source.</param>
/// <param name="shape">Dimensions, outermost first.</param>
/// <param name="type">How the values are stored.</param>
public abstract class WeightTensor(string name, ImmutableArray<int> shape, WeightType type)
{
    public string Name { get; } = name;

    public ImmutableArray<int> Shape { get; } = shape;

    public WeightType Type { get; } = type;

    public long ElementCount { get; } = shape.Aggregate(1L, (product, dimension) => checked(product * dimension));

    /// <summary>Reads consecutive elements as fp32 from element <paramref name="first"/> on.</summary>
    public abstract void ReadFloats(Span<float> destination, long first = 0);

    /// <summary>Reads consecutive elements as fp16 from element <paramref name="first"/> on; rounds unless stored as F16.</summary>
    public abstract void ReadHalves(Span<Half> destination, long first = 0);

    /// <summary>All elements as fp32, in memory order.</summary>
    public float[] ReadFloats()
    {
        float[] values = new float[checked((int)ElementCount)];
        ReadFloats(values);
        return values;
    }

    /// <summary>The same values under another shape of as many elements.</summary>
    public WeightTensor Reshape(ImmutableArray<int> newShape)
    {
        var view = new View(this, newShape);
        return view.ElementCount == ElementCount ? view : throw new ArgumentException(
            $"Tensor {Quote.Name(Name)} of shape {Quote.Shape(Shape.AsSpan())} cannot take shape {Quote.Shape(newShape.AsSpan())}: {ElementCount} elements, not {view.ElementCount}.");
    }

    /// <summary>A tensor over values held in memory; they are not copied.</summary>
    public static WeightTensor FromFloats(string name, ImmutableArray<int> shape, ReadOnlyMemory<float> values) =>
        new InMemory(name, shape, values);

    /// <summary>A tensor of an open safetensors file.</summary>
    public static WeightTensor FromFile(SafetensorsFile file, TensorEntry entry)
    {
        foreach (long dimension in entry.Shape)
        {
            if (dimension > int.MaxValue)
                throw WeightException.In(file.DisplayName, $"tensor {Quote.Name(entry.Name)} has shape {Quote.Shape(entry.Shape.AsSpan())}; dimensions are limited to {int.MaxValue}.");
        }

        return new InFile(file, entry);
    }

    private sealed class View(WeightTensor inner, ImmutableArray<int> shape) : WeightTensor(inner.Name, shape, inner.Type)
    {
        public override void ReadFloats(Span<float> destination, long first = 0) => inner.ReadFloats(destination, first);

        public override void ReadHalves(Span<Half> destination, long first = 0) => inner.ReadHalves(destination, first);
    }

    private sealed class InFile(SafetensorsFile file, TensorEntry entry)
        : WeightTensor(entry.Name, [.. entry.Shape.Select(d => (int)d)], entry.Type)
    {
        public override void ReadFloats(Span<float> destination, long first = 0) => file.ReadFloats(entry, destination, first);

        public override void ReadHalves(Span<Half> destination, long first = 0) => file.ReadHalves(entry, destination, first);
    }

    private sealed class InMemory(string name, ImmutableArray<int> shape, ReadOnlyMemory<float> values)
        : WeightTensor(name, shape, WeightType.F32)
    {
        public override void ReadFloats(Span<float> destination, long first = 0) =>
            values.Span.Slice(checked((int)first), destination.Length).CopyTo(destination);

        public override void ReadHalves(Span<Half> destination, long first = 0)
        {
            ReadOnlySpan<float> source = values.Span.Slice(checked((int)first), destination.Length);
            for (int i = 0; i < source.Length; i++)
                destination[i] = (Half)source[i];
        }
    }
}
