using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Graph;

/// <summary>Runs a graph on the CPU with the kernels' references: fp32 values, fp64 sums, no device at all.</summary>
/// <remarks>The definition every device is compared with. Values are dropped after their last use.</remarks>
public sealed class ReferenceExecutor(ComputeGraph graph) : IGraphExecutor
{
    private readonly Dictionary<int, HostTensor> tensors = [];
    private readonly Dictionary<int, int> lastUse = LastUses(graph);

    public ComputeGraph Graph => graph;

    /// <summary>Sees every node with its result, in order.</summary>
    public Action<Node, HostTensor>? Observer { get; set; }

    public void Write(string input, ReadOnlySpan<float> values)
    {
        Value value = graph.Input(input);
        TransferCheck.Length(graph, value, values.Length);
        tensors[value.Id] = new(value.Shape, values.ToArray());
    }

    public void Run(CancellationToken cancellation = default)
    {
        foreach (Value input in graph.Inputs.Values.Where(v => !tensors.ContainsKey(v.Id)))
        {
            throw new InvalidOperationException($"Input '{input.Name}' of graph {graph.Name} was never written.");
        }

        foreach (Node node in graph.Nodes)
        {
            cancellation.ThrowIfCancellationRequested();
            HostTensor output = new(node.Output.Shape);
            node.Kernel.Reference([.. node.Inputs.Select(v => v is null ? null : Tensor(v))], output);
            tensors[node.Output.Id] = output;
            Observer?.Invoke(node, output);
            foreach (Value dead in node.Inputs.OfType<Value>().Select(v => v.Storage).Where(v => v.Kind == ValueKind.Computed && lastUse[v.Id] == node.Index))
            {
                tensors.Remove(dead.Id);
            }
        }
    }

    public void Read(string output, Span<float> values)
    {
        Value value = graph.Output(output);
        TransferCheck.Length(graph, value, values.Length);
        Tensor(value).ToArray().CopyTo(values);
    }

    public void Dispose() => tensors.Clear();

    private static Dictionary<int, int> LastUses(ComputeGraph graph)
    {
        Dictionary<int, int> last = [];
        foreach (Node node in graph.Nodes)
        {
            foreach (Value value in node.Inputs.OfType<Value>())
            {
                last[value.Storage.Id] = node.Index;
            }
        }

        foreach (Value output in graph.Outputs.Values)
        {
            last[output.Storage.Id] = int.MaxValue;
        }

        return last;
    }

    private HostTensor Tensor(Value value)
    {
        if (value.Storage.Kind == ValueKind.Weight && !tensors.ContainsKey(value.Storage.Id))
        {
            tensors[value.Storage.Id] = new(value.Storage.Shape, value.Storage.Weight!.ReadCanonical());
        }

        HostTensor storage = tensors[value.Storage.Id];
        return value.Base is null ? storage : new(value.Shape, storage.Data, value.Offset, value.Spec.RowStride);
    }
}

/// <summary>The reference as a backend.</summary>
public sealed class ReferenceBackend : IGraphBackend
{
    public string Name => "reference";

    public StorageTypes Storage => StorageTypes.Single;

    public GraphPlanner Planner => GraphPlanner.Reference;

    public IGraphExecutor Prepare(ComputeGraph graph) => new ReferenceExecutor(graph);

    public bool CanRecoverFrom(Exception error) => false;

    public string Recover() => throw new InvalidOperationException("The reference is never lost.");

    public void Dispose()
    {
    }
}
