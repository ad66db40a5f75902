using System.Buffers;
using System.Collections.Immutable;
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
    private readonly GpuDevice device;
    private readonly ImmutableArray<KernelPlan> plans;
    private readonly Cost[] costs;
    private DeviceRate rate;
    private double expectedSeconds;
    private GraphRecording recording;

    /// <param name="device">Where to run; must outlive this.</param>
    /// <param name="graph">What to run.</param>
    /// <param name="keepIntermediates">Every value stays readable after a run (<see cref="ReadValue"/>), at the price of memory.</param>
    public GpuExecutor(GpuDevice device, ComputeGraph graph, bool keepIntermediates = false)
    {
        (this.device, Graph) = (device, graph);
        plans = [.. graph.Nodes.Select(n => n.Kernel.Plan(n.InputSpecs(), n.Output.Spec, device.Plan.Target))];
        costs = [.. graph.Nodes.Select(n => n.Cost)];
        rate = DeviceRate.Expected(device.Snapshot.Kind);
        Memory = new(device, graph, plans, keepIntermediates);
        try
        {
            device.Pipelines.Prepare(plans.SelectMany(p => p.Dispatches).Select(PipelineKey.Of));
            recording = Record();
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
        SubmitTicket last = default;
        for (int i = 0; i < recording.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            SubmitTicket ticket = device.Queue.Submit(recording[i]);
            device.Queue.Wait(last, cancellation);
            last = ticket;
        }

        device.Queue.Wait(last, cancellation);
        Adapt(recording.Measure());
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

    private GraphRecording Record()
    {
        expectedSeconds = costs.Sum(c => rate.Seconds(c));
        return new(device, Graph, plans, Memory, SubmitPlan.Create(costs, rate, device.Plan.SubmitAim.TotalSeconds));
    }

    /// <summary>Cuts the graph anew when submits took much longer or shorter than was believed.</summary>
    private void Adapt(double[] seconds)
    {
        SubmitSeconds = seconds;
        double measured = 0, longest = 0, expected = expectedSeconds;
        foreach (double submit in seconds)
        {
            (measured, longest) = (measured + submit, Math.Max(longest, submit));
        }

        bool isTooLong = longest > 2 * device.Plan.SubmitAim.TotalSeconds;
        bool isTooShort = seconds.Length > 4 && measured < expected / 4;
        if (isTooLong || isTooShort)
        {
            rate = rate.SlowedBy(Math.Max(measured / expected, isTooLong ? 2 : 0));
            GraphRecording old = recording;
            recording = Record();
            old.Dispose();
        }
    }
}
