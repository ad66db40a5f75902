using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Memory;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Graph;

/// <summary>Where every value of a graph lies in device memory: weights packed and uploaded, everything else in planned blocks.</summary>
public sealed class GraphMemory : IDisposable
{
    private readonly Arena weights;
    private readonly Arena activations;
    private readonly Dictionary<int, ArenaSlice> slices = [];
    private readonly ImmutableDictionary<int, ArenaSlice> scratch;

    /// <param name="device">Where to allocate.</param>
    /// <param name="graph">What to allocate for.</param>
    /// <param name="plans">The kernel plan of every node.</param>
    /// <param name="keepIntermediates">No two values share memory, so that all can be read after a run.</param>
    public GraphMemory(GpuDevice device, ComputeGraph graph, ImmutableArray<KernelPlan> plans, bool keepIntermediates)
    {
        weights = new(device, MemoryClass.Weights);
        activations = new(device, MemoryClass.Activations, chunkSizeInBytes: Arena.Alignment);
        try
        {
            Plan = MemoryPlan.Create(Lifetimes(graph, plans, keepIntermediates), device.Plan.ChunkSizeInBytes);
            ArenaSlice[] blocks = [.. Plan.Blocks.Select(size => activations.Allocate(size))];
            ArenaSlice Place(int key, long size) => blocks[Plan.Placements[key].Block].Slice(Plan.Placements[key].Offset, size);
            foreach (Value value in Stored(graph))
            {
                slices[value.Id] = Place(value.Id, value.Spec.SizeInBytes);
            }

            scratch = Enumerable.Range(0, plans.Length).Where(i => plans[i].ScratchInBytes > 0)
                .ToImmutableDictionary(i => i, i => Place(ScratchKey(i), plans[i].ScratchInBytes));
            UploadWeights(device, graph);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public MemoryPlan Plan { get; }

    /// <summary>Bytes of packed weights.</summary>
    public long WeightsInBytes => weights.UsedInBytes;

    /// <summary>The memory of a value, a slice's being its base's from its offset on.</summary>
    public ArenaSlice this[Value value]
    {
        get
        {
            ArenaSlice slice = slices[value.Storage.Id];
            long skipped = (long)value.Offset * value.Spec.DType.Size();
            return skipped == 0 ? slice : slice.Slice(skipped, slice.SizeInBytes - skipped);
        }
    }

    public ArenaSlice Scratch(int node) => scratch[node];

    public void Dispose()
    {
        weights.Dispose();
        activations.Dispose();
    }

    /// <summary>What a graph needs besides its weights; pure.</summary>
    public static IReadOnlyCollection<Lifetime> Lifetimes(ComputeGraph graph, ImmutableArray<KernelPlan> plans, bool keepIntermediates)
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

    private static int ScratchKey(int node) => -1 - node;

    private static IEnumerable<Value> Stored(ComputeGraph graph) => graph.Inputs.Values.Concat(graph.Nodes.Select(n => n.Output));

    private void UploadWeights(GpuDevice device, ComputeGraph graph)
    {
        Dictionary<int, WeightPacking?> packings = [];
        foreach (Node node in graph.Nodes)
        {
            TensorSpec[] specs = node.InputSpecs();
            for (int i = 0; i < node.Inputs.Length; i++)
            {
                if (node.Inputs[i] is not { Kind: ValueKind.Weight } value)
                {
                    continue;
                }

                WeightPacking? packing = node.Kernel.Packing(i, specs, device.Plan.Target);
                if (packings.TryAdd(value.Storage.Id, packing))
                {
                    slices[value.Storage.Id] = WeightUpload.Upload(weights, value.Storage, packing);
                }
                else if (packings[value.Storage.Id] != packing)
                {
                    throw new InvalidOperationException($"{node.Label} wants {value.Name} packed as {packing}, an earlier node as {packings[value.Storage.Id]}; give each a weight of its own.");
                }
            }
        }
    }
}
