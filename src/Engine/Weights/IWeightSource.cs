using System.Diagnostics.CodeAnalysis;

namespace Hummingbird.Vulkan.Engine.Weights;

/// <summary>A set of named weights: a file, several shards, a part of either, values in memory.</summary>
public interface IWeightSource
{
    /// <summary>What messages call this source.</summary>
    string DisplayName { get; }

    IEnumerable<string> Names { get; }

    bool TryGet(string name, [NotNullWhen(true)] out WeightTensor? tensor);
}

/// <summary>The tensors of another source whose names start with a prefix, under their names without it.</summary>
public sealed class PrefixedSource(IWeightSource inner, string prefix) : IWeightSource
{
    public string DisplayName => inner.DisplayName;

    public IEnumerable<string> Names => inner.Names
        .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
        .Select(name => name[prefix.Length..]);

    public bool TryGet(string name, [NotNullWhen(true)] out WeightTensor? tensor) => inner.TryGet(prefix + name, out tensor);
}

/// <summary>Weights held in memory.</summary>
public sealed class MemorySource : IWeightSource
{
    private readonly Dictionary<string, WeightTensor> tensors;

    public MemorySource(IEnumerable<WeightTensor> tensors, string displayName = "memory")
    {
        this.tensors = tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        DisplayName = displayName;
    }

    public string DisplayName { get; }

    public IEnumerable<string> Names => tensors.Keys;

    public bool TryGet(string name, [NotNullWhen(true)] out WeightTensor? tensor) => tensors.TryGetValue(name, out tensor);
}
