using System.Collections.Immutable;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Graph;

/// <summary>A finished graph: nodes in execution order, and what the host writes and reads by name.</summary>
/// <remarks>Built once per model and shape by <see cref="GraphBuilder"/>; executors only read it.</remarks>
public sealed record ComputeGraph(
    string Name,
    ImmutableArray<Node> Nodes,
    ImmutableDictionary<string, Value> Inputs,
    ImmutableDictionary<string, Value> Outputs,
    ImmutableArray<Value> Weights)
{
    public Cost Cost => Nodes.Aggregate(default(Cost), (sum, node) => sum + node.Cost);

    /// <summary>The input called <paramref name="name"/>.</summary>
    public Value Input(string name) => Inputs.TryGetValue(name, out Value? value)
        ? value
        : throw new ArgumentException($"Graph {Name} has no input '{name}'; it has {string.Join(", ", Inputs.Keys.Order())}.");

    /// <summary>The output called <paramref name="name"/>.</summary>
    public Value Output(string name) => Outputs.TryGetValue(name, out Value? value)
        ? value
        : throw new ArgumentException($"Graph {Name} has no output '{name}'; it has {string.Join(", ", Outputs.Keys.Order())}.");
}
