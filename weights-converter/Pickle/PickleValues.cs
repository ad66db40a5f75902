using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.WeightsConverter.Pickle;

/// <summary>The name of something in Python. It is a token and nothing else: no class, no function, never looked up.</summary>
internal sealed record GlobalName(string Module, string Name)
{
    public override string ToString() => $"{Module}.{Name}";
}

/// <summary>A dictionary in the order of insertion, as Python keeps it.</summary>
internal sealed class PickleDict
{
    private static readonly object NoneKey = new();
    private Dictionary<object, int>? places;

    public List<KeyValuePair<object?, object?>> Items { get; } = [];

    public void Set(object? key, object? value)
    {
        places ??= [];
        if (places.TryGetValue(key ?? NoneKey, out int place))
        {
            Items[place] = new(key, value);
            return;
        }

        places.Add(key ?? NoneKey, Items.Count);
        Items.Add(new(key, value));
    }

    public object? Get(string key) => places is not null && places.TryGetValue(key, out int place) ? Items[place].Value : null;
}

internal sealed class PickleList
{
    public List<object?> Items { get; } = [];
}

internal sealed record PickleTuple(ImmutableArray<object?> Items)
{
    public static PickleTuple Empty { get; } = new(ImmutableArray<object?>.Empty);
}

internal sealed class PickleSet
{
    public List<object?> Items { get; } = [];
}

/// <summary>An object of a class that is not known here: what was given to it is kept, nothing is done with it.</summary>
internal sealed class InertObject(GlobalName of)
{
    public GlobalName Class { get; } = of;

    /// <summary>The attributes, from BUILD.</summary>
    public PickleDict State { get; } = new();

    /// <summary>Whether this was a torch.nn.Module: such an object keeps its parameters and children in these two.</summary>
    public bool IsModule => State.Get("_modules") is PickleDict && State.Get("_parameters") is PickleDict;
}

/// <summary>A run of values that tensors are views of.</summary>
/// <param name="Key">Which one; the name of its member in the archive.</param>
/// <param name="Type">Of each value; null where a tensor says it (an untyped storage, counted in bytes).</param>
/// <param name="Count">Values.</param>
internal sealed record StorageReference(string Key, WeightType? Type, long Count)
{
    public long SizeInBytes { get; } = checked(Count * (Type?.SizeInBytes() ?? 1));
}

/// <summary>A tensor as torch describes it: a window of a storage.</summary>
/// <param name="Offset">First element, in elements.</param>
/// <param name="Strides">Elements from one index to the next, a stride a dimension.</param>
internal sealed record TensorReference(StorageReference Storage, WeightType Type, long Offset, ImmutableArray<long> Shape, ImmutableArray<long> Strides);
