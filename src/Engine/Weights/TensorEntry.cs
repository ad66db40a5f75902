using System.Collections.Immutable;

namespace Hummingbird.Vulkan.Engine.Weights;

/// <summary>Where one tensor lies in a safetensors file.</summary>
/// <param name="Name">The name as stored.</param>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Dimensions, outermost first; empty for a scalar.</param>
/// <param name="Begin">First byte, counted from the end of the header.</param>
/// <param name="End">One past the last byte, counted likewise.</param>
public sealed record TensorEntry(string Name, WeightType Type, ImmutableArray<long> Shape, long Begin, long End)
{
    public long SizeInBytes => End - Begin;

    public long ElementCount => SizeInBytes / Type.SizeInBytes();
}
