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
    private readonly double[] seconds;
    private CommandRecorder? current;

    public GraphRecording(GpuDevice device, ComputeGraph graph, ImmutableArray<KernelPlan> plans, GraphMemory memory, SubmitPlan schedule)
    {
        (this.device, this.graph, this.plans, this.memory) = (device, graph, plans, memory);
        int count = schedule.Submits.Sum(s => SubmitsOf(s, schedule));
        timestamps = device.Plan.TimestampValidBits > 0 ? new(device, 2 * count) : null;
        seconds = new double[timestamps is null ? 0 : count];
        foreach (SubmitRange range in schedule.Submits)
        {
            Record(range, schedule);
        }
    }

    public int Count => submits.Count;

    public CommandRecorder this[int submit] => submits[submit];

    /// <summary>GPU time of each submit of the last run in seconds; nothing where the queue has no timestamps.</summary>
    /// <remarks>Always the same array: a step allocates nothing.</remarks>
    public double[] Measure()
    {
        timestamps?.Read();
        for (int i = 0; i < seconds.Length; i++)
        {
            seconds[i] = timestamps!.Nanoseconds(2 * i, (2 * i) + 1) * 1e-9;
        }

        return seconds;
    }

    public void Dispose()
    {
        timestamps?.Dispose();
        foreach (CommandRecorder submit in submits)
        {
            submit.Dispose();
        }
    }

    /// <summary>A node longer than a submit may be is alone in its range and gets a submit for each of its pieces.</summary>
    private int SubmitsOf(SubmitRange range, SubmitPlan schedule)
    {
        int parts = schedule.PartsOf(range);
        return parts == 1 ? 1 : plans[range.First].Dispatches.Sum(d => Pieces(d, parts).Count());
    }

    private void Record(SubmitRange range, SubmitPlan schedule)
    {
        int parts = schedule.PartsOf(range);
        if (parts == 1)
        {
            Begin(graph.Nodes[range.First].Label);
        }

        for (int i = range.First; i < range.First + range.Count; i++)
        {
            RecordNode(graph.Nodes[i], parts);
        }

        if (parts == 1)
        {
            End();
        }
    }

    private void RecordNode(Node node, int parts)
    {
        KernelPlan plan = plans[node.Index];
        Span<byte> pushes = stackalloc byte[plan.Dispatches.Max(d => d.PushSizeInBytes)];
        for (int d = 0; d < plan.Dispatches.Length; d++)
        {
            Dispatch dispatch = plan.Dispatches[d];
            ComputePipeline pipeline = device.Pipelines.Get(PipelineKey.Of(dispatch));
            Span<byte> push = pushes[..dispatch.PushSizeInBytes];
            WritePush(node, dispatch, push);
            foreach ((Workgroups start, Workgroups groups) in Pieces(dispatch, parts))
            {
                if (parts > 1)
                {
                    Begin(node.Label);
                }

                if (d == 0 && start == default)
                {
                    Prepare(node, plan);
                }
                else if (d > 0 && parts == 1)
                {
                    Barrier();
                    Track(node);
                }

                current!.Dispatch(pipeline, push, groups, start);
                if (parts > 1)
                {
                    End();
                }
            }
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

            current.WriteTimestamp(timestamps, 2 * submits.Count);
        }

        // What earlier submits wrote becomes visible here.
        Barrier();
    }

    private void End()
    {
        if (timestamps is not null)
        {
            current!.WriteTimestamp(timestamps, (2 * submits.Count) + 1);
        }

        current!.End();
        submits.Add(current);
        current = null;
    }

    private void WritePush(Node node, Dispatch dispatch, Span<byte> push)
    {
        Span<ulong> addresses = MemoryMarshal.Cast<byte, ulong>(push)[..dispatch.Operands.Length];
        for (int i = 0; i < addresses.Length; i++)
        {
            Operand operand = dispatch.Operands[i];
            ulong start = operand.Kind switch
            {
                OperandKind.Input => memory[node.Inputs[operand.Index]!].Address,
                OperandKind.Output => memory[node.Output].Address,
                OperandKind.Scratch => memory.Scratch(node.Index).Address,
                _ => 0,
            };
            addresses[i] = start + (ulong)operand.OffsetInBytes;
        }

        dispatch.Parameters.AsSpan().CopyTo(push[(addresses.Length * sizeof(ulong))..]);
    }

    /// <summary>A dispatch cut along its longest direction.</summary>
    private static IEnumerable<(Workgroups Start, Workgroups Groups)> Pieces(Dispatch dispatch, int parts)
    {
        Workgroups all = dispatch.Workgroups;
        int length = Math.Max(all.X, Math.Max(all.Y, all.Z));
        int step = (length + parts - 1) / parts;
        for (int start = 0; start < length; start += step)
        {
            int count = Math.Min(step, length - start);
            yield return all.X == length ? (new(start, 0, 0), all with { X = count })
                : all.Y == length ? (new(0, start, 0), all with { Y = count })
                : (new(0, 0, start), all with { Z = count });
        }
    }
}
