using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Interop;

namespace Hummingbird.Vulkan.Engine.Compute;

/// <summary>Times taken by the device itself between recorded commands.</summary>
public sealed class TimestampPool : IDisposable
{
    private readonly GpuDevice device;
    private readonly ulong[] ticks;
    private readonly ulong mask;
    private bool isDisposed;

    /// <exception cref="NotSupportedException">The device's queue has no timestamps.</exception>
    public TimestampPool(GpuDevice device, int count)
    {
        int bits = device.Plan.TimestampValidBits;
        if (bits == 0)
        {
            throw new NotSupportedException($"{device.Snapshot.Name} has no timestamps on its compute queue.");
        }

        this.device = device;
        ticks = new ulong[count];
        mask = bits >= 64 ? ulong.MaxValue : (1ul << bits) - 1;
        Handle = device.Api.CreateTimestampPool(count);
        device.Add(this);
    }

    public int Count => ticks.Length;

    internal QueryPool Handle { get; }

    /// <summary>Fetches all timestamps once the submit that writes them has ended.</summary>
    /// <exception cref="InvalidOperationException">One of them was never written.</exception>
    public void Read() => Read(Count);

    /// <summary>Fetches the first <paramref name="count"/> timestamps.</summary>
    public void Read(int count)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        if (!device.Api.TryReadTimestamps(Handle, 0, ticks.AsSpan(0, count)))
        {
            throw new InvalidOperationException($"Not all of the first {count} timestamps were written. Record them, submit and wait before Read.");
        }
    }

    /// <summary>Nanoseconds between two timestamps, as last read.</summary>
    public double Nanoseconds(int from, int to) => Nanoseconds(ticks[from], ticks[to], mask, device.Snapshot.Limits.TimestampPeriod);

    public TimeSpan Elapsed(int from, int to) => TimeSpan.FromTicks((long)(Nanoseconds(from, to) / TimeSpan.NanosecondsPerTick));

    public void Dispose()
    {
        if (!isDisposed)
        {
            isDisposed = true;
            device.Queue.WaitQuietly();
            device.Api.DestroyQueryPool(Handle);
            device.Remove(this);
        }
    }

    public override string ToString() => $"pool of {Count} timestamps";

    /// <remarks>Only the low bits count, and the counter may wrap between the two.</remarks>
    internal static double Nanoseconds(ulong from, ulong to, ulong mask, float period) => ((to - from) & mask) * (double)period;
}
