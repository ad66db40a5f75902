using System.Diagnostics;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.WeightsConverter.Checkpoints;

namespace Hummingbird.Vulkan.WeightsFuzz;

/// <summary>Opens inputs, reads what they hold, and keeps the figures.</summary>
internal sealed class OpenedInputs
{
    private readonly Stopwatch total = Stopwatch.StartNew();
    private TimeSpan slowest, mostWork;
    private string slowestName = "";
    private long largest, refused;

    public long Count => Accepted + refused + Unexpected;

    public long Accepted { get; private set; }

    public long Unexpected { get; private set; }

    /// <summary>Whether every one took at most two seconds of the processor and 200 MB.</summary>
    public bool IsFrugal => mostWork <= TimeSpan.FromSeconds(2) && largest <= 200_000_000;

    public void Open(byte[] input, string name)
    {
        long before = Stopwatch.GetTimestamp(), allocated = GC.GetAllocatedBytesForCurrentThread();
        TimeSpan work = Environment.CpuUsage.TotalTime;
        try
        {
            using Checkpoint checkpoint = Checkpoint.Open(input, "fuzz");
            foreach (SourceTensor tensor in checkpoint.Tensors.Values)
                tensor.Read(new byte[Math.Min(tensor.ElementCount, 1024) * tensor.Type.SizeInBytes()], 0);
            Accepted++;
        }
        catch (WeightException)
        {
            refused++;
        }
#pragma warning disable CA1031 // Whatever else comes out is what this looks for.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Unexpected++;
            Console.Error.WriteLine($"{name}: {error}\n{Convert.ToHexString(input)}");
        }

        TimeSpan taken = Stopwatch.GetElapsedTime(before);
        if (taken > slowest)
            (slowest, slowestName) = (taken, name);
        work = Environment.CpuUsage.TotalTime - work;
        mostWork = work > mostWork ? work : mostWork;
        largest = Math.Max(largest, GC.GetAllocatedBytesForCurrentThread() - allocated);
    }

    public override string ToString() => $"{Count} inputs, {refused} refused, {Accepted} accepted, {Unexpected} unexpected exceptions, slowest {slowest.TotalMilliseconds:0} ms ({slowestName}), most work {mostWork.TotalMilliseconds:0} ms, "
        + $"most allocated for one {largest / 1e6:0.0} MB, {total.Elapsed.TotalSeconds:0} s";
}
