using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Hummingbird.Vulkan.Engine.Compute;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Memory;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Graph;

/// <summary>A graph recorded into command buffers: one per submit of the submit plan, ready to be submitted again and again.</summary>
internal sealed class GraphRecording : IDisposable
{
    private readonly GpuDevice device;
    private readonly ComputeGraph graph;
    private readonly ImmutableArray<KernelPlan> plans;
    private readonly GraphMemory memory;
    private readonly TimestampPool? timestamps;
    private readonly HazardTracker hazards = new();
    private readonly List<CommandRecorder> submits = [];
    private readonly List<(int First, int Last)> ranges = [];
    private readonly List<(int First, int Last)> dispatches = [];
    private readonly Dictionary<int, List<DispatchPiece[]>> cuts;
    private readonly List<Interval> spans = [];
    private readonly bool timesNodes;
    private CommandRecorder? current;
    private int stamps;

    /// <param name="shares">Where nodes that are too long for a submit are cut.</param>
    /// <param name="timesNodes">Time every node, not only every submit.</param>
    public GraphRecording(
        GpuDevice device, ComputeGraph graph, ImmutableArray<KernelPlan> plans, GraphMemory memory, SubmitPlan schedule, DispatchShares shares, bool timesNodes = false)
    {
        (this.device, this.graph, this.plans, this.memory, this.timesNodes) = (device, graph, plans, memory, timesNodes);
        Schedule = schedule;
        cuts = schedule.Submits.Where(s => schedule.PartsOf(s) > 1).ToDictionary(
            s => s.First, s => DispatchPieces.Submits(plans[s.First], shares.Parts(s.First, schedule.PartsOf(s), plans[s.First].Dispatches.Length)));
        int count = schedule.Submits.Sum(StampsOf);
        timestamps = device.Plan.TimestampValidBits > 0 ? new(device, count) : null;
        foreach (SubmitRange range in schedule.Submits)
        {
            Record(range);
        }

        SubmitSeconds = new double[timestamps is null ? 0 : submits.Count];
        NodeSeconds = new double[timestamps is null || !timesNodes ? 0 : graph.Nodes.Length];
    }

    /// <summary>How the graph was cut.</summary>
    public SubmitPlan Schedule { get; }

    /// <summary>GPU time of each submit as last measured; empty where the queue has no timestamps.</summary>
    public double[] SubmitSeconds { get; }

    /// <summary>The same of each node, where nodes are timed.</summary>
    public double[] NodeSeconds { get; }

    /// <summary>First and last node of a submit.</summary>
    public (int First, int Last) NodesOf(int submit) => ranges[submit];

    /// <summary>The first node of each submit that was timed.</summary>
    public IEnumerable<int> FirstNodes => ranges.Take(SubmitSeconds.Length).Select(r => r.First);

    /// <summary>First and last dispatch of a submit that runs a part of a node.</summary>
    public (int First, int Last) DispatchesOf(int submit) => dispatches[submit];

    public KernelPlan PlanOf(int node) => plans[node];

    public int Count => submits.Count;

    public CommandRecorder this[int submit] => submits[submit];

    /// <summary>Fetches the times of the last run. Allocates nothing: a step does not.</summary>
    /// <param name="share">Of the device that this program had meanwhile: times are multiplied by it.</param>
    public void Measure(double share)
    {
        if (timestamps is null)
        {
            return;
        }

        timestamps.Read();
        Array.Clear(SubmitSeconds);
        Array.Clear(NodeSeconds);
        double scale = device.Plan.Options.Slowdown * share * 1e-9;
        foreach (Interval span in spans)
        {
            double seconds = timestamps.Nanoseconds(span.From, span.To) * scale;
            SubmitSeconds[span.Submit] += seconds;
            if (timesNodes)
            {
                NodeSeconds[span.Node] += seconds;
            }
        }
    }

    public void Dispose()
    {
        timestamps?.Dispose();
        foreach (CommandRecorder submit in submits)
        {
            submit.Dispose();
        }
    }

    /// <summary>A submit has one timestamp at its start and one at its end, or one behind each node.</summary>
    /// <remarks>A node longer than a submit may be is alone in its range and gets a submit for each of its pieces.</remarks>
    private int StampsOf(SubmitRange range)
        => cuts.TryGetValue(range.First, out List<DispatchPiece[]>? pieces) ? 2 * pieces.Count : timesNodes ? 1 + range.Count : 2;

    private void Record(SubmitRange range)
    {
        if (cuts.TryGetValue(range.First, out List<DispatchPiece[]>? pieces))
        {
            RecordParts(graph.Nodes[range.First], pieces);
            return;
        }

        int last = range.First + range.Count - 1;
        Begin(graph.Nodes[range.First].Label);
        for (int i = range.First; i <= last; i++)
        {
            Prepare(graph.Nodes[i], plans[i]);
            RecordPieces(graph.Nodes[i], [.. plans[i].Dispatches.Select((d, n) => new DispatchPiece(n, default, d.Workgroups))]);
            if (timesNodes && i < last)
            {
                Stamp(i);
            }
        }

        End(range.First, last, (0, plans[last].Dispatches.Length - 1));
    }

    private void RecordParts(Node node, List<DispatchPiece[]> pieces)
    {
        for (int i = 0; i < pieces.Count; i++)
        {
            Begin(node.Label);
            if (i == 0)
            {
                Prepare(node, plans[node.Index]);
            }

            RecordPieces(node, pieces[i]);
            End(node.Index, node.Index, (pieces[i][0].Dispatch, pieces[i][^1].Dispatch));
        }
    }

    private void RecordPieces(Node node, DispatchPiece[] pieces)
    {
        KernelPlan plan = plans[node.Index];
        Span<byte> pushes = stackalloc byte[plan.Dispatches.Max(d => d.PushSizeInBytes)];
        for (int i = 0; i < pieces.Length; i++)
        {
            DispatchPiece piece = pieces[i];
            Dispatch dispatch = plan.Dispatches[piece.Dispatch];
            if (i > 0 && piece.Dispatch != pieces[i - 1].Dispatch)
            {
                Barrier();
                Track(node);
            }

            Span<byte> push = pushes[..dispatch.PushSizeInBytes];
            WritePush(node, dispatch, push);
            current!.Dispatch(device.Pipelines.Get(PipelineKey.Of(dispatch)), push, piece.Groups, piece.Start);
        }
    }

    /// <summary>The barrier before a node, if it needs one, and the clearing of its output, if it wants that.</summary>
    private void Prepare(Node node, KernelPlan plan)
    {
        if (Touched(node).Any(t => hazards.Conflicts(t.Slice.Address, t.Slice.SizeInBytes, t.Writes)))
        {
            Barrier();
        }

        if (plan.ClearOutput)
        {
            current!.Fill(memory[node.Output], 0);
            Barrier();
        }

        Track(node);
    }

    private void Track(Node node)
    {
        foreach ((ArenaSlice slice, bool writes) in Touched(node))
        {
            hazards.Add(slice.Address, slice.SizeInBytes, writes);
        }
    }

    private IEnumerable<(ArenaSlice Slice, bool Writes)> Touched(Node node)
    {
        foreach (Value input in node.Inputs.OfType<Value>().Where(v => v.Storage.Kind != ValueKind.Weight))
        {
            yield return (memory[input], false);
        }

        yield return (memory[node.Output], true);
        if (plans[node.Index].ScratchInBytes > 0)
        {
            yield return (memory.Scratch(node.Index), true);
        }
    }

    private void Barrier()
    {
        current!.Barrier();
        hazards.Clear();
    }

    private void Begin(string label)
    {
        current = new(device, label);
        current.Begin();
        if (timestamps is not null)
        {
            if (submits.Count == 0)
            {
                current.ResetTimestamps(timestamps);
            }

            current.WriteTimestamp(timestamps, stamps++);
        }

        // What earlier submits wrote becomes visible here.
        Barrier();
    }

    private void End(int firstNode, int lastNode, (int First, int Last) of)
    {
        Stamp(lastNode);
        current!.End();
        submits.Add(current);
        ranges.Add((firstNode, lastNode));
        dispatches.Add(of);
        current = null;
    }

    /// <summary>Takes the time: since the last stamp it was this node's, or the whole submit's.</summary>
    private void Stamp(int node)
    {
        if (timestamps is not null)
        {
            current!.WriteTimestamp(timestamps, stamps);
            spans.Add(new(submits.Count, node, stamps - 1, stamps));
            stamps++;
        }
    }

    private void WritePush(Node node, Dispatch dispatch, Span<byte> push)
    {
        Span<ulong> addresses = MemoryMarshal.Cast<byte, ulong>(push)[..dispatch.Operands.Length];
        for (int i = 0; i < addresses.Length; i++)
        {
            Operand operand = dispatch.Operands[i];
            ulong start = operand.Kind switch
            {
                OperandKind.Input => memory.OperandOf(node, node.Inputs[operand.Index]!).Address,
                OperandKind.Output => memory[node.Output].Address,
                OperandKind.Scratch => memory.Scratch(node.Index).Address,
                _ => 0,
            };
            addresses[i] = start + (ulong)operand.OffsetInBytes;
        }

        dispatch.Parameters.AsSpan().CopyTo(push[(addresses.Length * sizeof(ulong))..]);
    }

    /// <summary>Two timestamps and whose time lies between them.</summary>
    private readonly record struct Interval(int Submit, int Node, int From, int To);
}
