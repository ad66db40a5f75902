using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Memory;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Graph;

/// <summary>The memory of a <see cref="GraphLayout"/>, allocated; weights that stay are loaded.</summary>
public sealed class GraphMemory : IDisposable
{
    private readonly Arena weights;
    private readonly Arena activations;
    private readonly Dictionary<int, ArenaSlice> slices = [];
    private readonly Dictionary<int, ArenaSlice> scratch = [];

    /// <param name="device">Where.</param>
    /// <param name="layout">What.</param>
    /// <param name="prepared">Weights that are packed already; null for none.</param>
    public GraphMemory(GpuDevice device, GraphLayout layout, PackedWeights? prepared = null)
    {
        ComputeGraph graph = layout.Graph;
        Layout = layout;
        weights = new(device, MemoryClass.Weights, chunkSizeInBytes: Arena.Alignment);
        activations = new(device, MemoryClass.Activations, chunkSizeInBytes: Arena.Alignment);
        try
        {
            Func<int, long, ArenaSlice> place = Allocate(activations, layout.Activations, touched: device.Snapshot.Kind == DeviceKind.Cpu);
            foreach (Value value in graph.Inputs.Values.Concat(graph.Nodes.Select(n => n.Output)))
            {
                slices[value.Id] = place(value.Id, value.Spec.SizeInBytes);
            }

            foreach (int node in Enumerable.Range(0, layout.Plans.Length).Where(i => layout.Plans[i].ScratchInBytes > 0))
            {
                scratch[node] = place(GraphLifetimes.ScratchKey(node), layout.Plans[node].ScratchInBytes);
            }

            LoadWeights(graph, new(prepared));
            Streamed = layout.Stream is null ? null
                : new(layout.Stream, [.. new[] { 0, 1 }.Select(half => layout.Stream.HalfInBytes(half)).Select(size => size == 0 ? default : weights.Allocate(size))], graph, layout.Packings, new(prepared));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public GraphLayout Layout { get; }

    /// <summary>Weights that come and go; null where all stay.</summary>
    internal StreamedWeights? Streamed { get; }

    /// <summary>The memory of a value other than a streamed weight, a slice's being its base's from its offset on.</summary>
    public ArenaSlice this[Value value]
    {
        get
        {
            ArenaSlice slice = slices[value.Storage.Id];
            long skipped = (long)value.Offset * value.Spec.DType.Size();
            return skipped == 0 ? slice : slice.Slice(skipped, slice.SizeInBytes - skipped);
        }
    }

    /// <summary>Where a node finds one of its operands.</summary>
    public ArenaSlice OperandOf(Node node, Value value)
        => Streamed is null || value.Kind != ValueKind.Weight || slices.ContainsKey(value.Storage.Id)
            ? this[value]
            : Streamed.Slice(Streamed.Stream.WindowOf(node.Index), value.Storage.Id);

    public ArenaSlice Scratch(int node) => scratch[node];

    public void Dispose()
    {
        Streamed?.Dispose();
        weights.Dispose();
        activations.Dispose();
    }

    private static Func<int, long, ArenaSlice> Allocate(Arena arena, MemoryPlan plan, bool touched = false)
    {
        ArenaSlice[] blocks = [.. plan.Blocks.Select(size => arena.Allocate(size))];
        foreach (ArenaSlice block in blocks.Where(b => touched && b.Buffer.IsMapped))
        {
            HostMemory.Touch(block.Map());
        }

        return (key, size) => blocks[plan.Placements[key].Block].Slice(plan.Placements[key].Offset, size);
    }

    private void LoadWeights(ComputeGraph graph, WeightReader reader)
    {
        Func<int, long, ArenaSlice> place = Allocate(weights, Layout.Weights);
        foreach (Value weight in graph.Weights.Where(w => Layout.Weights.Placements.ContainsKey(w.Id)))
        {
            slices[weight.Id] = place(weight.Id, Layout.Packings[weight.Id]?.SizeInBytes ?? weight.Spec.SizeInBytes);
            reader.Load(slices[weight.Id], weight, Layout.Packings[weight.Id]);
        }
    }
}
