namespace Hummingbird.Vulkan.Engine.Memory;

/// <summary>Counts device memory and refuses what passes the limit.</summary>
public sealed class MemoryBudget(long limitInBytes)
{
    private readonly Lock gate = new();

    public long LimitInBytes { get; } = limitInBytes;

    public long UsedInBytes { get; private set; }

    /// <summary>The most that was in use at once.</summary>
    public long PeakInBytes { get; private set; }

    public long AvailableInBytes => LimitInBytes - UsedInBytes;

    /// <exception cref="OutOfGpuMemoryException">The limit would be passed.</exception>
    public void Take(long sizeInBytes, string what)
    {
        lock (gate)
        {
            if (sizeInBytes > LimitInBytes - UsedInBytes)
            {
                throw new OutOfGpuMemoryException(what, sizeInBytes, UsedInBytes, LimitInBytes, "the memory budget");
            }

            UsedInBytes += sizeInBytes;
            PeakInBytes = Math.Max(PeakInBytes, UsedInBytes);
        }
    }

    public void Return(long sizeInBytes)
    {
        lock (gate)
        {
            UsedInBytes -= sizeInBytes;
        }
    }
}

/// <summary>Device memory ran out: the plan's budget, or the driver's heaps.</summary>
public sealed class OutOfGpuMemoryException : Exception
{
    internal OutOfGpuMemoryException(string what, long requestedInBytes, long usedInBytes, long limitInBytes, string bound)
        : base($"Not enough GPU memory for {what}: {MiB(requestedInBytes)} requested, {MiB(usedInBytes)} of {MiB(limitInBytes)} in use ({bound}). "
            + "Fewer frames, a smaller size or fp16 need less; --max-memory raises a limit that was set.")
    {
        RequestedInBytes = requestedInBytes;
        UsedInBytes = usedInBytes;
        LimitInBytes = limitInBytes;
    }

    public long RequestedInBytes { get; }

    public long UsedInBytes { get; }

    public long LimitInBytes { get; }

    private static string MiB(long bytes) => $"{bytes / (double)(1 << 20):0.#} MiB";
}
