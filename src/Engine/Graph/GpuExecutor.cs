using System.Buffers;
using System.Collections.Immutable;
using System.Diagnostics;
using Hummingbird.Vulkan.Engine.Compute;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Memory;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Graph;

/// <summary>Runs a graph on a Vulkan device.</summary>
/// <remarks>Everything is decided when it is made: kernel plans, memory, pipelines, command buffers. A run submits what was recorded,
/// always one submit ahead of the one waited for. Lengths of submits are measured, and the graph is cut anew when the guess was off.</remarks>
public sealed class GpuExecutor : IGraphExecutor
{
    private const int YieldMilliseconds = 2;

    private const double LeastShare = 0.01;

    private readonly GpuDevice device;
    private readonly ImmutableArray<KernelPlan> plans;
    private readonly Pace pace;
    private readonly Action<GraphRun>? observer;
    private readonly double[] guesses;
    private readonly double[] nodeSeconds;
    private readonly PaceTally tally;
    private readonly DispatchShares shares;
    private GraphRecording recording;
    private double expected;
    private double tolerated;

    /// <param name="device">Where to run; must outlive this.</param>
    /// <param name="graph">What to run.</param>
    /// <param name="layout">How to run it; null: as the device plan would have it, whatever the budget.</param>
    /// <param name="pace">What is known of the device's speed; this learns from it and adds to it.</param>
    /// <param name="observer">Sees every run, timed node by node.</param>
    /// <param name="prepared">Weights that are packed already; null for none.</param>
    public GpuExecutor(
        GpuDevice device, ComputeGraph graph, GraphLayout? layout = null, Pace? pace = null, Action<GraphRun>? observer = null, PackedWeights? prepared = null)
    {
        layout ??= GraphLayout.Create(graph, device.Plan.Target, device.Plan.ChunkSizeInBytes);
        graph = layout.Graph;
        (this.device, Graph, this.observer) = (device, graph, observer);
        this.pace = pace ?? new(DeviceRate.Expected(device.Snapshot.Kind));
        plans = layout.Plans;
        guesses = [.. graph.Nodes.Select(this.pace.Guess)];
        nodeSeconds = [.. graph.Nodes.Select((n, i) => this.pace.Seconds(Pace.KindOf(plans[i]), guesses[i]))];
        (tally, shares) = (new(plans, guesses), new(graph.Nodes.Length));
        Memory = new(device, layout, prepared);
        try
        {
            PipelineKey[] keys = [.. plans.SelectMany(p => p.Dispatches).Select(PipelineKey.Of).Distinct()];
            device.Pipelines.Prepare(keys);
            device.Pipelines.Warm(keys);
            recording = Record(Cut());

            // Weights went through large buffers, and drivers compile with much memory of this process.
            HostMemory.Trim();
        }
        catch
        {
            Memory.Dispose();
            throw;
        }
    }

    public ComputeGraph Graph { get; }

    public GraphMemory Memory { get; }

    /// <summary>GPU time of each submit of the last run in seconds; overwritten by the next.</summary>
    public IReadOnlyList<double> SubmitSeconds { get; private set; } = [];

    public void Write(string input, ReadOnlySpan<float> values)
    {
        Value value = Graph.Input(input);
        TransferCheck.Length(Graph, value, values.Length);
        ArenaSlice slice = Memory[value];
        if (slice.Buffer.IsMapped)
        {
            device.Queue.Wait();
            TensorTransfer.Encode(values, slice.Map(), value.Spec.DType);
            return;
        }

        byte[] bytes = ArrayPool<byte>.Shared.Rent((int)slice.SizeInBytes);
        TensorTransfer.Encode(values, bytes.AsSpan(0, (int)slice.SizeInBytes), value.Spec.DType);
        slice.Upload(bytes.AsSpan(0, (int)slice.SizeInBytes));
        ArrayPool<byte>.Shared.Return(bytes);
    }

    public void Run(CancellationToken cancellation = default)
    {
        long started = Stopwatch.GetTimestamp();
        TimeSpan before = Environment.CpuUsage.TotalTime;
        SubmitAll(cancellation);
        double wall = Stopwatch.GetElapsedTime(started).TotalSeconds, processor = (Environment.CpuUsage.TotalTime - before).TotalSeconds;
        recording.Measure(ShareOfDevice(wall, processor));
        observer?.Invoke(new(
            Graph, Memory.Layout, started, wall, processor, [.. recording.NodeSeconds], [.. recording.SubmitSeconds], [.. recording.FirstNodes]));
        SubmitSeconds = recording.SubmitSeconds;
        Adapt();
    }

    public void Read(string output, Span<float> values) => ReadValue(Graph.Output(output), values);

    /// <summary>Reads any value that is still in memory: outputs, or all of them where intermediates are kept.</summary>
    public void ReadValue(Value value, Span<float> values)
    {
        TransferCheck.Length(Graph, value, values.Length);
        ArenaSlice slice = Memory[value];
        byte[] bytes = ArrayPool<byte>.Shared.Rent((int)slice.SizeInBytes);
        slice.Download(bytes.AsSpan(0, (int)slice.SizeInBytes));
        (int channels, int stride) = (value.Shape.Channels, value.Spec.RowStride * value.Spec.DType.Size());
        for (int row = 0; row < value.Shape.Rows; row++)
        {
            TensorTransfer.Decode(bytes.AsSpan(row * stride), values.Slice(row * channels, channels), value.Spec.DType);
        }

        ArrayPool<byte>.Shared.Return(bytes);
    }

    public void Dispose()
    {
        recording.Dispose();
        Memory.Dispose();
    }

    /// <summary>How much of the device was ours. A CPU driver's clock runs on while other programs have the processor: that is no length of ours.</summary>
    private double ShareOfDevice(double wall, double processor)
        => device.Snapshot.Kind == DeviceKind.Cpu ? Math.Clamp(processor / (wall * Environment.ProcessorCount), LeastShare, 1) : 1;

    private void SubmitAll(CancellationToken cancellation)
    {
        SubmitTicket last = default;
        StreamedWeights? streamed = Memory.Streamed;
        streamed?.Start();
        for (int i = 0, window = -1; i < recording.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (streamed is not null && streamed.Stream.WindowOf(recording.NodesOf(i).First) is var wanted && wanted != window)
            {
                device.Queue.Wait(last, cancellation);
                streamed.Enter(window = wanted);
            }

            SubmitTicket ticket = device.Queue.Submit(recording[i]);
            if (device.Plan.Options.Yield)
            {
                // Nothing queues behind this submit, and others get their turn before the next.
                device.Queue.Wait(ticket, cancellation);
                cancellation.WaitHandle.WaitOne(YieldMilliseconds);
            }

            device.Queue.Wait(last, cancellation);
            last = ticket;
        }

        device.Queue.Wait(last, cancellation);
    }

    private SubmitPlan Cut() => SubmitPlan.Create(
        nodeSeconds, device.Plan.SubmitAim.TotalSeconds, Memory.Streamed?.Stream.Windows.Select(w => w.FirstNode).ToHashSet());

    private GraphRecording Record(SubmitPlan plan)
    {
        expected = plan.Submits.Sum(s => s.Seconds);
        tolerated = 2 * device.Plan.SubmitAim.TotalSeconds;
        return new(device, Graph, plans, Memory, plan, shares, timesNodes: observer is not null);
    }

    /// <summary>Learns from the run, and cuts the graph anew when submits took much longer or shorter than was believed.</summary>
    private void Adapt()
    {
        double measured = 0, longest = 0;
        foreach (double submit in recording.SubmitSeconds)
        {
            (measured, longest) = (measured + submit, Math.Max(longest, submit));
        }

        bool sharesAreNew = LearnNodes();
        bool isTooShort = recording.SubmitSeconds.Length > 4 && measured < expected / 4;
        if (longest <= tolerated && !isTooShort)
        {
            return;
        }

        SubmitPlan plan = Cut();
        if (plan.CutsAs(recording.Schedule) && !sharesAreNew)
        {
            // As good as can be: asked again only when it gets much worse.
            (expected, tolerated) = (measured, Math.Max(tolerated, 2 * longest));
            return;
        }

        GraphRecording old = recording;
        recording = Record(plan);
        old.Dispose();
    }

    /// <summary>Every range's nodes took more or less than was foreseen, each by the same factor as the range.</summary>
    /// <returns>Whether a node was seen in pieces for the first time: it can be cut better now.</returns>
    private bool LearnNodes()
    {
        int submit = 0;
        bool sharesAreNew = false;
        double[] seconds = recording.SubmitSeconds;
        foreach (SubmitRange range in recording.Schedule.Submits)
        {
            double measured = 0, foreseen = 0;
            int first = submit;
            while (submit < seconds.Length && recording.NodesOf(submit).First == range.First)
            {
                measured += seconds[submit++];
            }

            if (submit - first > 1)
            {
                sharesAreNew |= shares.Learn(range.First, first, recording);
            }

            for (int i = range.First; i < range.First + range.Count; i++)
            {
                foreseen += nodeSeconds[i];
            }

            for (int i = range.First; i < range.First + range.Count; i++)
            {
                nodeSeconds[i] *= measured > 0 ? measured / foreseen : 1;
            }
        }

        if (seconds.Length > 0)
        {
            tally.Teach(pace, nodeSeconds);
        }

        return sharesAreNew;
    }
}
