using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Hummingbird.Vulkan.Engine.Weights;

/// <summary>A place in the tree of weight names: <c>scope / "input_blocks" / 0</c> is the scope <c>input_blocks.0</c>.</summary>
/// <remarks>Knows the second spelling of temporal convolutions: where <c>X.weight</c> (C, C, 3, 1, 1) is asked for and the file has
/// <c>X.conv2d.weight</c> (C, C, 3, 1), that tensor is returned under the shape asked for.</remarks>
/// <param name="Source">Where the weights are.</param>
/// <param name="Path">Dotted path of this scope; empty for the root.</param>
public readonly record struct WeightScope(IWeightSource Source, string Path = "")
{
    /// <exception cref="WeightException">There is no such tensor.</exception>
    public WeightTensor this[string name] => Get(name);

    public static WeightScope operator /(WeightScope scope, string child) => scope with { Path = scope.FullName(child) };

    public static WeightScope operator /(WeightScope scope, int child) => scope / child.ToString();

    /// <summary>Whether there is a tensor of this name, or any tensor below it.</summary>
    public bool Contains(string name)
    {
        if (TryGet(name, out _))
            return true;
        string below = FullName(name) + ".";
        return Source.Names.Any(full => full.StartsWith(below, StringComparison.Ordinal));
    }

    /// <summary>The tensor, checked against the shape when one is given; a dimension of -1 matches any.</summary>
    /// <exception cref="WeightException">The tensor is missing or has another shape.</exception>
    public WeightTensor Get(string name, params ReadOnlySpan<int> expectedShape)
    {
        if (!TryGet(name, out WeightTensor? tensor))
            throw WeightException.Missing(Source, FullName(name));
        if (!expectedShape.IsEmpty && !Matches(tensor.Shape.AsSpan(), expectedShape))
            throw WeightException.WrongShape(Source, tensor.Name, expectedShape, tensor.Shape.AsSpan());
        return tensor;
    }

    public bool TryGet(string name, [NotNullWhen(true)] out WeightTensor? tensor)
    {
        string full = FullName(name);
        return Source.TryGet(full, out tensor) || TryGetWrapped(full, out tensor);
    }

    public override string ToString() => Path.Length == 0 ? Source.DisplayName : $"{Source.DisplayName}: {Path}";

    private bool TryGetWrapped(string full, [NotNullWhen(true)] out WeightTensor? tensor)
    {
        tensor = null;
        int dot = full.LastIndexOf('.');
        if (dot < 0 || !Source.TryGet($"{full[..dot]}.conv2d{full[dot..]}", out WeightTensor? wrapped))
            return false;
        tensor = wrapped.Shape.Length == 4 ? wrapped.Reshape([.. wrapped.Shape, 1]) : wrapped;
        return true;
    }

    private static bool Matches(ReadOnlySpan<int> found, ReadOnlySpan<int> expected)
    {
        if (found.Length != expected.Length)
            return false;
        for (int i = 0; i < found.Length; i++)
        {
            if (expected[i] != -1 && expected[i] != found[i])
                return false;
        }

        return true;
    }

    private string FullName(string name) => Path.Length == 0 ? name : $"{Path}.{name}";
}
