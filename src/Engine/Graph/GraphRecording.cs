using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Hummingbird.Vulkan.Engine.Compute;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Memory;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Graph;

/// <summary>A graph recorded into command buffers: one per submit of the submit plan, ready to be submitted again and again.</summary>
/// <remarks>A driver takes kilobytes for each. Where a slow device asks for tens of thousands, which one 26-frame step does before its
/// pace is known, they are recorded one by one when their turn comes: microseconds before a submit of milliseconds.</remarks>
internal sealed class GraphRecording : IDisposable
{
    // One runs, one is queued behind it, one is being recorded.
    private const int Turns = 3;

    private readonly GpuDevice device;
    private readonly ComputeGraph graph;
    private readonly ImmutableArray<KernelPlan> plans;
    private readonly GraphMemory memory;
    private readonly TimestampPool? timestamps;
    private readonly HazardTracker hazards = new();
    private readonly List<SubmitCommands> submits = [];
    private readonly CommandRecorder[] recorders;
    private readonly List<Interval> spans = [];
    private readonly bool timesNodes;
    private readonly bool isKept;

    /// <param name="shares">Where nodes that are too long for a submit are cut.</param>
    /// <param name="timesNodes">Time every node, not only every submit.</param>
    public GraphRecording(
        GpuDevice device,
        ComputeGraph graph,
        ImmutableArray<KernelPlan> plans,
        GraphMemory memory,
        SubmitPlan schedule,
        DispatchShares shares,
        bool timesNodes = false)
    {
        (this.device, this.graph, this.plans, this.memory, this.timesNodes) = (device, graph, plans, memory, timesNodes);
        Schedule = schedule;
        foreach (SubmitRange range in schedule.Submits)
        {
            Divide(range, shares);
        }

        timestamps = device.Plan.TimestampValidBits > 0 ? new(device, NextStamp) : null;
        isKept = submits.Count <= device.Plan.Options.MostKeptSubmits;
        recorders = [.. Enumerable.Range(0, isKept ? submits.Count : Turns).Select(i => new CommandRecorder(device, graph.Nodes[submits[i].First].Label))];
        for (int i = 0; isKept && i < submits.Count; i++)
        {
            Record(i, recorders[i]);
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
    public (int First, int Last) NodesOf(int submit) => (submits[submit].First, submits[submit].Last);

    /// <summary>The first node of each submit that was timed.</summary>
    public IEnumerable<int> FirstNodes => submits.Take(SubmitSeconds.Length).Select(s => s.First);

    /// <summary>First and last dispatch of a submit that runs a part of a node.</summary>
    public (int First, int Last) DispatchesOf(int submit)
        => submits[submit].Pieces is { } pieces ? (pieces[0].Dispatch, pieces[^1].Dispatch) : (0, plans[submits[submit].Last].Dispatches.Length - 1);

    public KernelPlan PlanOf(int node) => plans[node];

    public int Count => submits.Count;

    private int NextStamp => spans.Count == 0 ? 0 : spans[^1].To + 1;

    /// <summary>The commands of a submit, to be submitted before those of the one <see cref="Turns"/> further on are asked for.</summary>
    public CommandRecorder this[int submit]
    {
        get
        {
            CommandRecorder recorder = recorders[submit % recorders.Length];
            if (!isKept)
            {
                Record(submit, recorder);
            }

            return recorder;
        }
    }

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
        foreach (CommandRecorder recorder in recorders)
        {
            recorder.Dispose();
        }
    }

    /// <summary>A node longer than a submit may be is alone in its range and gets a submit for each of its pieces.</summary>
    private void Divide(SubmitRange range, DispatchShares shares)
    {
        int last = range.First + range.Count - 1;
        if (Schedule.PartsOf(range) == 1)
        {
            Add(new(range.First, last, Pieces: null, BeginsNode: true, NextStamp));
            return;
        }

        KernelPlan plan = plans[range.First];
        List<DispatchPiece[]> pieces = DispatchPieces.Submits(plan, shares.Parts(range.First, Schedule.PartsOf(range), plan.Dispatches.Length));
        for (int i = 0; i < pieces.Count; i++)
        {
            Add(new(last, last, pieces[i], BeginsNode: i == 0, NextStamp));
        }
    }

    /// <summary>A submit has one timestamp at its start and one at its end, or one behind each node.</summary>
    private void Add(SubmitCommands submit)
    {
        int from = submit.FirstStamp;
        for (int node = timesNodes ? submit.First : submit.Last; node <= submit.Last; node++, from++)
        {
            spans.Add(new(submits.Count, node, from, from + 1));
        }

        submits.Add(submit);
    }

    private void Record(int index, CommandRecorder recorder)
    {
        SubmitCommands submit = submits[index];
        int stamp = submit.FirstStamp;
        recorder.Begin(graph.Nodes[submit.First].Label);
        if (index == 0 && timestamps is not null)
        {
            recorder.ResetTimestamps(timestamps);
        }

        Stamp(recorder, stamp++);

        // What earlier submits wrote becomes visible here.
        Barrier(recorder);
        for (int i = submit.First; i <= submit.Last; i++)
        {
            if (submit.BeginsNode)
            {
                Prepare(recorder, graph.Nodes[i], plans[i]);
            }

            RecordPieces(recorder, graph.Nodes[i], submit.Pieces ?? [.. plans[i].Dispatches.Select((d, n) => new DispatchPiece(n, default, d.Workgroups))]);
            if (timesNodes || i == submit.Last)
            {
                Stamp(recorder, stamp++);
            }
        }

        recorder.End();
    }

    private void RecordPieces(CommandRecorder recorder, Node node, DispatchPiece[] pieces)
    {
        KernelPlan plan = plans[node.Index];
        Span<byte> pushes = stackalloc byte[plan.Dispatches.Max(d => d.PushSizeInBytes)];
        for (int i = 0; i < pieces.Length; i++)
        {
            DispatchPiece piece = pieces[i];
            Dispatch dispatch = plan.Dispatches[piece.Dispatch];
            if (i > 0 && piece.Dispatch != pieces[i - 1].Dispatch)
            {
                Barrier(recorder);
                Track(node);
            }

            Span<byte> push = pushes[..dispatch.PushSizeInBytes];
            WritePush(node, dispatch, push);
            recorder.Dispatch(device.Pipelines.Get(PipelineKey.Of(dispatch)), push, piece.Groups, piece.Start);
        }
    }

    /// <summary>The barrier before a node, if it needs one, and the clearing of its output, if it wants that.</summary>
    private void Prepare(CommandRecorder recorder, Node node, KernelPlan plan)
    {
        if (Touched(node).Any(t => hazards.Conflicts(t.Slice.Address, t.Slice.SizeInBytes, t.Writes)))
        {
            Barrier(recorder);
        }

        if (plan.ClearOutput)
        {
            recorder.Fill(memory[node.Output], 0);
            Barrier(recorder);
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

    private void Barrier(CommandRecorder recorder)
    {
        recorder.Barrier();
        hazards.Clear();
    }

    private void Stamp(CommandRecorder recorder, int index)
    {
        if (timestamps is not null)
        {
            recorder.WriteTimestamp(timestamps, index);
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

    /// <summary>What one submit records.</summary>
    /// <param name="First">Its first node.</param>
    /// <param name="Last">And its last.</param>
    /// <param name="Pieces">Of the dispatches of its one node; null where all nodes run whole.</param>
    /// <param name="BeginsNode">False where an earlier submit began the node.</param>
    /// <param name="FirstStamp">Index of its first timestamp.</param>
    private sealed record SubmitCommands(int First, int Last, DispatchPiece[]? Pieces, bool BeginsNode, int FirstStamp);

    /// <summary>Two timestamps and whose time lies between them.</summary>
    private readonly record struct Interval(int Submit, int Node, int From, int To);
}
