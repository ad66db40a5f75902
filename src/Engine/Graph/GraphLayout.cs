using System.Collections.Immutable;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Graph;

/// <summary>How a graph runs on a device: the plan of every node, and where weights and activations lie.</summary>
/// <remarks>Pure: made from the graph and facts about the device, before anything is allocated or read.</remarks>
/// <param name="Graph">What runs: the graph itself, or the same with operations put together.</param>
/// <param name="Target">What its kernels are planned with.</param>
/// <param name="Plans">One for each node.</param>
/// <param name="Packings">How each weight is packed, by the value's id; null: as it is in the file.</param>
/// <param name="Activations">Inputs, results and scratch memory.</param>
/// <param name="Weights">Weights that stay.</param>
/// <param name="Stream">Weights that come and go; null where all stay.</param>
public sealed record GraphLayout(
    ComputeGraph Graph, KernelTarget? Target, ImmutableArray<KernelPlan> Plans, ImmutableDictionary<int, WeightPacking?> Packings, MemoryPlan Activations, MemoryPlan Weights,
    WeightStream? Stream)
{
    /// <summary>What was given up for memory, for people; empty when nothing was.</summary>
    public ImmutableArray<string> Savings { get; init; } = [];

    /// <summary>Weights that stay and the two halves of those that do not.</summary>
    public long WeightsInBytes => Weights.TotalInBytes + (Stream?.SizeInBytes ?? 0);

    /// <summary>All device memory.</summary>
    public long TotalInBytes => WeightsInBytes + Activations.TotalInBytes;

    /// <param name="graph">What to lay out.</param>
    /// <param name="target">The device's facts; null for the reference, which packs nothing and needs no scratch memory.</param>
    /// <param name="maxBlockInBytes">No block of memory is larger.</param>
    /// <param name="keepIntermediates">No two values share memory, so that all can be read after a run.</param>
    public static GraphLayout Create(ComputeGraph graph, KernelTarget? target, long maxBlockInBytes, bool keepIntermediates = false)
    {
        ImmutableArray<KernelPlan> plans = target is null
            ? [.. graph.Nodes.Select(_ => new KernelPlan([]))]
            : [.. graph.Nodes.Select(n => n.Kernel.Plan(n.InputSpecs(), n.Output.Spec, target))];
        ImmutableDictionary<int, WeightPacking?> packings = PackingsOf(graph, target);
        MemoryPlan activations = MemoryPlan.Create(GraphLifetimes.Of(graph, plans, keepIntermediates), maxBlockInBytes);
        Dictionary<int, long> sizes = SizesOf(graph, packings);
        return new(graph, target, plans, packings, activations, MemoryPlan.Create(Staying(sizes), maxBlockInBytes), null);
    }

    /// <summary>The same with as many weights staying as the budget allows, the others streamed.</summary>
    /// <param name="budgetInBytes">For everything; a smaller layout than the smallest possible is not made.</param>
    /// <param name="maxBlockInBytes">As before.</param>
    public GraphLayout Streamed(long budgetInBytes, long maxBlockInBytes)
    {
        ComputeGraph graph = Graph;
        Dictionary<int, long> sizes = SizesOf(graph, Packings);
        IReadOnlyList<IReadOnlyCollection<int>> all = Reads(graph, sizes, staying: new HashSet<int>());
        long largest = all.Max(weights => weights.Sum(w => sizes[w])), small = sizes.Values.Where(s => s < LeastStreamed).Sum();
        long spare = budgetInBytes - Activations.TotalInBytes - small - Slack;
        long window = Math.Max(largest, Math.Min(spare / 2, PreferredWindow));
        HashSet<int> staying = [];
        foreach (int weight in all.SelectMany(weights => weights).Distinct())
        {
            if (spare - sizes[weight] < 2 * window)
            {
                break;
            }

            spare -= sizes[weight];
            staying.Add(weight);
        }

        WeightStream stream = WeightStream.Create(Reads(graph, sizes, staying), sizes, window);
        IEnumerable<KeyValuePair<int, long>> resident = sizes.Where(s => s.Value < LeastStreamed || staying.Contains(s.Key));
        long loaded = stream.LoadedInBytes;
        return this with
        {
            Weights = MemoryPlan.Create(Staying(resident), maxBlockInBytes),
            Stream = stream,
            Savings = Savings.Add($"{loaded >> 20} MiB of weights loaded in every run, in {stream.Windows.Length} windows"),
        };
    }

    // Biases and norms are not worth the trouble.
    private const long LeastStreamed = 64 << 10;

    private const long PreferredWindow = 128L << 20;

    // For alignment and rounding of blocks.
    private const long Slack = 1 << 20;

    private static List<Lifetime> Staying(IEnumerable<KeyValuePair<int, long>> sizes) => [.. sizes.Select(s => new Lifetime(s.Key, s.Value, 0, 0))];

    private static List<IReadOnlyCollection<int>> Reads(ComputeGraph graph, Dictionary<int, long> sizes, HashSet<int> staying) =>
    [
        .. graph.Nodes.Select(node => (IReadOnlyCollection<int>)
        [
            .. node.Inputs.OfType<Value>().Where(v => v.Kind == ValueKind.Weight).Select(v => v.Storage.Id)
                .Where(id => sizes[id] >= LeastStreamed && !staying.Contains(id)).Distinct(),
        ]),
    ];

    private static Dictionary<int, long> SizesOf(ComputeGraph graph, ImmutableDictionary<int, WeightPacking?> packings)
        => graph.Weights.Where(w => packings.ContainsKey(w.Id)).ToDictionary(w => w.Id, w => packings[w.Id]?.SizeInBytes ?? w.Spec.SizeInBytes);

    private static ImmutableDictionary<int, WeightPacking?> PackingsOf(ComputeGraph graph, KernelTarget? target)
    {
        var packings = ImmutableDictionary.CreateBuilder<int, WeightPacking?>();
        foreach (Node node in graph.Nodes)
        {
            TensorSpec[] specs = node.InputSpecs();
            for (int i = 0; i < node.Inputs.Length; i++)
            {
                if (node.Inputs[i] is not { Kind: ValueKind.Weight } value)
                {
                    continue;
                }

                WeightPacking? packing = target is null ? null : node.Kernel.Packing(i, specs, target);
                if (!packings.TryAdd(value.Storage.Id, packing) && packings[value.Storage.Id] != packing)
                {
                    throw new InvalidOperationException($"{node.Label} wants {value.Name} packed as {packing}, an earlier node as {packings[value.Storage.Id]}; give each a weight of its own.");
                }
            }
        }

        return packings.ToImmutable();
    }
}
