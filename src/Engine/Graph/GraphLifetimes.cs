using System.Collections.Immutable;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Graph;

/// <summary>What a graph keeps in memory besides its weights, and for how long; pure.</summary>
public static class GraphLifetimes
{
    /// <summary>Inputs, results and scratch memory.</summary>
    /// <param name="plans">The kernel plan of every node.</param>
    /// <param name="keepIntermediates">Every result is needed to the end.</param>
    public static IReadOnlyCollection<Lifetime> Of(ComputeGraph graph, ImmutableArray<KernelPlan> plans, bool keepIntermediates = false)
    {
        Dictionary<int, int> last = [];
        foreach (Node node in graph.Nodes)
        {
            foreach (Value input in node.Inputs.OfType<Value>())
            {
                last[input.Storage.Id] = node.Index;
            }
        }

        int end = graph.Nodes.Length;
        HashSet<int> kept = [.. graph.Outputs.Values.Select(v => v.Storage.Id), .. graph.Inputs.Values.Select(v => v.Id)];
        int LastUse(int id, int first) => keepIntermediates || kept.Contains(id) ? end : last.GetValueOrDefault(id, first);
        List<Lifetime> lifetimes = [.. graph.Inputs.Values.Select(v => new Lifetime(v.Id, v.Spec.SizeInBytes, 0, end))];
        foreach (Node node in graph.Nodes)
        {
            Value output = node.Output;
            lifetimes.Add(new(output.Id, output.Spec.SizeInBytes, node.Index, LastUse(output.Id, node.Index)));
            if (plans[node.Index].ScratchInBytes > 0)
            {
                lifetimes.Add(new(ScratchKey(node.Index), plans[node.Index].ScratchInBytes, node.Index, node.Index));
            }
        }

        return lifetimes;
    }

    /// <summary>The key of a node's scratch memory: values have keys from 0 on.</summary>
    internal static int ScratchKey(int node) => -1 - node;
}
