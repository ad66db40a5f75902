using System.Diagnostics;
using Hummingbird.Vulkan.Engine.Compute;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Memory;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Bench.Kernels;

/// <summary>Times of one thing in seconds, by the device's own clock.</summary>
/// <param name="Samples">How many were taken.</param>
/// <param name="Median">Half took longer.</param>
/// <param name="P95">One in twenty took longer.</param>
/// <param name="ProcessorMedian">The same by this process's processor time.</param>
/// <param name="IsCpu">The device is a CPU driver: rates are by processor time, that is per core, whoever else uses the machine.</param>
public sealed record Timing(int Samples, double Median, double P95, double ProcessorMedian, bool IsCpu)
{
    /// <summary>What rates are calculated from.</summary>
    public double Basis => IsCpu ? ProcessorMedian : Median;

    public static Timing Of(IReadOnlyList<double> seconds, IReadOnlyList<double> processor, bool isCpu)
        => new(seconds.Count, Quantile(seconds, 0.5), Quantile(seconds, 0.95), Quantile(processor, 0.5), isCpu);

    /// <summary>Without what a void dispatch takes; never nothing, since that scatters too.</summary>
    public Timing Less(Timing nothing)
    {
        static double Subtract(double seconds, double less) => Math.Max(seconds - less, less / 10);
        return this with
        {
            Median = Subtract(Median, nothing.Median),
            P95 = Subtract(P95, nothing.Median),
            ProcessorMedian = Subtract(ProcessorMedian, nothing.ProcessorMedian),
        };
    }

    /// <summary>The value below which this share of the samples lies, interpolated.</summary>
    public static double Quantile(IReadOnlyList<double> samples, double share)
    {
        double[] sorted = [.. samples.Order()];
        double at = share * (sorted.Length - 1);
        int below = (int)at, above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((at - below) * (sorted[above] - sorted[below]));
    }
}

/// <summary>How long to look at one row.</summary>
/// <param name="Seconds">Of samples, unless <paramref name="Least"/> take longer.</param>
/// <param name="Least">Samples.</param>
/// <param name="Most">Samples.</param>
public sealed record Patience(double Seconds = 0.25, int Least = 3, int Most = 50);

/// <summary>Submits one recording again and again between two timestamps.</summary>
public sealed class KernelTimer(GpuDevice device) : IDisposable
{
    private readonly TimestampPool timestamps = new(device, 2);

    /// <summary>Records what <paramref name="record"/> says between two timestamps, and runs it until patience ends.</summary>
    /// <param name="first">Seconds of the first run, which compiles what was not yet compiled: see <see cref="Time"/>.</param>
    public Timing Measure(string name, Action<CommandRecorder> record, Patience patience, out double first)
    {
        using CommandRecorder recorder = new(device, name);
        recorder.Begin();
        recorder.ResetTimestamps(timestamps);
        recorder.WriteTimestamp(timestamps, 0);
        record(recorder);
        recorder.WriteTimestamp(timestamps, 1);
        recorder.End();
        first = Time(() => Run(recorder));
        List<double> seconds = [], processor = [];
        long start = Stopwatch.GetTimestamp();
        while (seconds.Count < patience.Least || (seconds.Count < patience.Most && Stopwatch.GetElapsedTime(start).TotalSeconds < patience.Seconds))
        {
            TimeSpan before = Environment.CpuUsage.TotalTime;
            seconds.Add(Run(recorder));
            processor.Add((Environment.CpuUsage.TotalTime - before).TotalSeconds);
        }

        return Timing.Of(seconds, processor, device.Snapshot.Kind == DeviceKind.Cpu);
    }

    /// <summary>Seconds by this process's processor time on a CPU driver, by the host's clock on others.</summary>
    public double Time(Action action)
    {
        long start = Stopwatch.GetTimestamp();
        TimeSpan before = Environment.CpuUsage.TotalTime;
        action();
        return device.Snapshot.Kind == DeviceKind.Cpu
            ? (Environment.CpuUsage.TotalTime - before).TotalSeconds
            : Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    public void Dispose() => timestamps.Dispose();

    private double Run(CommandRecorder recorder)
    {
        device.Queue.Wait(device.Queue.Submit(recorder));
        timestamps.Read();
        return timestamps.Nanoseconds(0, 1) * 1e-9;
    }
}

/// <summary>A row's operands in device memory, ready to be run.</summary>
public sealed class PreparedRow : IDisposable
{
    private readonly GpuDevice device;
    private readonly Arena arena;
    private readonly ulong[] inputs;
    private readonly ArenaSlice output;
    private readonly ArenaSlice? scratch;
    private readonly TensorSpec outputSpec;

    internal PreparedRow(GpuDevice device, BenchRow row, HostTensor?[] values, KernelTarget target)
    {
        this.device = device;
        TensorSpec[] specs = row.Case.Specs();
        outputSpec = row.Output(specs);
        Plan = row.Case.Kernel.Plan(specs, outputSpec, target);
        arena = new(device, MemoryClass.Activations, Arena.Alignment);
        try
        {
            inputs = [.. values.Select((value, i) => value is null ? 0 : Upload(row, i, value, specs, target).Address)];
            output = arena.Allocate(outputSpec.SizeInBytes);
            scratch = Plan.ScratchInBytes > 0 ? arena.Allocate(Plan.ScratchInBytes) : null;
        }
        catch
        {
            arena.Dispose();
            throw;
        }
    }

    public KernelPlan Plan { get; private set; }

    /// <summary>Runs the plan once; for <see cref="KernelTimer"/>.</summary>
    public void Record(CommandRecorder recorder) => recorder.Run(device.Pipelines, Plan, inputs, output, scratch);

    /// <summary>From here on only the first workgroup of one dispatch runs, on whatever is in its operands.</summary>
    internal void LimitTo(Dispatch dispatch) => Plan = Plan with { Dispatches = [dispatch with { Workgroups = new(1) }] };

    /// <summary>Compiles what the plan needs, as far as the driver does before the first run.</summary>
    public void Compile()
    {
        foreach (Dispatch dispatch in Plan.Dispatches)
        {
            _ = device.Pipelines.Get(PipelineKey.Of(dispatch));
        }
    }

    /// <summary>Fills the output with NaN, so that what is not computed shows.</summary>
    public void Poison()
    {
        byte[] bytes = new byte[output.SizeInBytes];
        Array.Fill(bytes, (byte)0xFF);
        output.Upload(bytes);
    }

    public float[] ReadOutput()
    {
        byte[] bytes = new byte[output.SizeInBytes];
        output.Download(bytes.AsSpan());
        float[] values = new float[outputSpec.Shape.Count];
        TensorTransfer.Decode(bytes, values, outputSpec.DType);
        return values;
    }

    public void Dispose() => arena.Dispose();

    private ArenaSlice Upload(BenchRow row, int index, HostTensor value, TensorSpec[] specs, KernelTarget target)
    {
        WeightPacking? packing = row.Case.Kernel.Packing(index, specs, target);
        byte[] bytes = new byte[packing?.SizeInBytes ?? (long)value.Data.Length * specs[index].DType.Size()];
        if (packing is null)
        {
            TensorTransfer.Encode(value.Data, bytes, specs[index].DType);
        }
        else
        {
            packing.Pack(value.Data, bytes);
        }

        ArenaSlice slice = arena.Allocate(bytes.Length);
        slice.Upload(bytes);
        return slice;
    }
}
