using System.Collections.Immutable;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Graph;

/// <summary>The same graph with its gated feed-forward layers as single operations: their hidden rows, the widest there are, are then
/// never in memory together.</summary>
public static class FeedForwardFusion
{
    /// <param name="graph">Any.</param>
    /// <param name="maxHiddenInBytes">Of the hidden rows in memory at once.</param>
    public static ComputeGraph Apply(ComputeGraph graph, long maxHiddenInBytes)
    {
        Dictionary<int, int> uses = [];
        foreach (Value value in graph.Nodes.SelectMany(n => n.Inputs.OfType<Value>()).Concat(graph.Outputs.Values))
        {
            uses[value.Storage.Id] = uses.GetValueOrDefault(value.Storage.Id) + 1;
        }

        var nodes = ImmutableArray.CreateBuilder<Node>();
        for (int i = 0; i < graph.Nodes.Length; i++)
        {
            Node node = graph.Nodes[i];
            Node? next = i + 1 < graph.Nodes.Length ? graph.Nodes[i + 1] : null;
            if (next is not null && IsPair(node, next) && uses[node.Output.Id] == 1)
            {
                ImmutableArray<Value?> inputs = [node.Inputs[0], node.Inputs[1], node.Inputs[2], next.Inputs[1], next.Inputs[2], next.Inputs[4]];
                nodes.Add(new(nodes.Count, new FeedForward(maxHiddenInBytes), inputs, next.Output, $"feed_forward {node.Label[(node.Label.IndexOf(' ', StringComparison.Ordinal) + 1)..]}"));
                i++;
                continue;
            }

            nodes.Add(node with { Index = nodes.Count });
        }

        return graph with { Nodes = nodes.ToImmutable() };
    }

    private static bool IsPair(Node gated, Node second)
        => gated.Kernel is MatMul { Activation: Activation.Geglu } && gated.Inputs[3] is null && gated.Inputs[4] is null
            && second.Kernel is MatMul { Activation: Activation.None } && second.Inputs[0] is { } x && ReferenceEquals(x, gated.Output)
            && second.Inputs[3] is null && gated.Inputs[0] is { Spec.IsContiguous: true };
}
