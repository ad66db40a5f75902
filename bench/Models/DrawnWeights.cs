using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Bench.Models;

/// <summary>Random weights of a network that says what it needs while it is built.</summary>
internal sealed class DrawnWeights : IWeightSource
{
    private readonly Dictionary<string, ImmutableArray<int>> shapes = new(StringComparer.Ordinal);
    private readonly RandomWeights values;

    public DrawnWeights() => values = new(shapes, 1);

    public string DisplayName => values.DisplayName;

    public IEnumerable<string> Names => shapes.Keys;

    /// <summary>A layer's <c>weight</c>, and its <c>bias</c> where it has one.</summary>
    public WeightScope Layer(string path, bool hasBias, params ImmutableArray<int> shape)
    {
        shapes.Add($"{path}.weight", shape);
        if (hasBias)
        {
            shapes.Add($"{path}.bias", [shape[0]]);
        }

        return new WeightScope(this) / path;
    }

    public bool TryGet(string name, [NotNullWhen(true)] out WeightTensor? tensor) => values.TryGet(name, out tensor);
}
