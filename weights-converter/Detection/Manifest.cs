using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.WeightsConverter.Detection;

/// <param name="Name">As in the published checkpoints, below the component's prefix.</param>
/// <param name="Shape">Outermost dimension first.</param>
public sealed record ManifestEntry(string Name, ImmutableArray<long> Shape);

/// <summary>Every tensor a network has, in the order its modules are made: that order numbers the layers of LoRA files.</summary>
public sealed class Manifest(IReadOnlyList<ManifestEntry> entries)
{
    private const int Shown = 5;

    public IReadOnlyList<ManifestEntry> Entries => entries;

    public long Parameters => entries.Sum(e => e.Shape.Aggregate(1L, (product, d) => product * d));

    /// <summary>Compares names and shapes; tensors of no use (training state) do not count as surplus.</summary>
    /// <exception cref="WeightException">Tensors are missing, surplus or of another shape; at most five of each kind are named.</exception>
    public void Check(IReadOnlyDictionary<string, ImmutableArray<long>> found, string file, string component)
    {
        var expected = entries.ToDictionary(e => e.Name, e => e.Shape, StringComparer.Ordinal);
        string[] missing = [.. entries.Select(e => e.Name).Where(name => !found.ContainsKey(name))];
        string[] surplus = [.. found.Keys.Where(name => !expected.ContainsKey(name)).Order(StringComparer.Ordinal)];
        string[] misshapen = [.. entries.Where(e => found.TryGetValue(e.Name, out ImmutableArray<long> shape) && !shape.SequenceEqual(e.Shape)).Select(e => e.Name)];
        if (missing.Length + surplus.Length + misshapen.Length == 0)
            return;
        var parts = new List<string>();
        if (missing.Length > 0)
            parts.Add($"{missing.Length} missing: {Named(missing, name => Quote.Name(name) + Nearest(name, surplus))}");
        if (misshapen.Length > 0)
            parts.Add($"{misshapen.Length} of another shape: {Named(misshapen, n => $"{Quote.Name(n)} {Quote.Shape(found[n].AsSpan())}, expected {Quote.Shape(expected[n].AsSpan())}")}");
        if (surplus.Length > 0)
            parts.Add($"{surplus.Length} surplus: {Named(surplus, Quote.Name)}");
        throw WeightException.In(file, $"the {component} does not fit its own shapes; of {entries.Count} tensors expected, {string.Join("; ", parts)}.");
    }

    private static string Named(string[] names, Func<string, string> describe) =>
        string.Join(", ", names.Take(Shown).Select(describe)) + (names.Length > Shown ? " ..." : "");

    private static string Nearest(string name, string[] candidates)
    {
        IReadOnlyList<string> nearest = NearestNames.Of(name, candidates, count: 1);
        return nearest.Count == 0 ? "" : $" (nearest: {Quote.Name(nearest[0])})";
    }
}

/// <summary>Collects entries under a dotted prefix.</summary>
internal readonly struct ManifestScope(List<ManifestEntry> entries, string prefix = "")
{
    public static ManifestScope operator /(ManifestScope scope, string child) => scope.Below(child);

    public ManifestScope Below(string child) => new(entries, Full(child));

    public void Tensor(string name, params ReadOnlySpan<long> shape) => entries.Add(new(Full(name), [.. shape]));

    /// <summary>A weight of the given shape and a bias as long as its first dimension.</summary>
    public void Layer(string name, params ReadOnlySpan<long> shape)
    {
        entries.Add(new(Full(name + ".weight"), [.. shape]));
        entries.Add(new(Full(name + ".bias"), [shape[0]]));
    }

    public void Norm(string name, long channels) => Layer(name, channels);

    public void Linear(string name, long outputs, long inputs) => Layer(name, outputs, inputs);

    public void Conv(string name, long outputs, long inputs, long kernel = 3) => Layer(name, outputs, inputs, kernel, kernel);

    private string Full(string name) => prefix.Length == 0 ? name : $"{prefix}.{name}";
}
