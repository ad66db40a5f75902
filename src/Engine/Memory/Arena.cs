using Hummingbird.Vulkan.Engine.Device;

namespace Hummingbird.Vulkan.Engine.Memory;

/// <summary>Memory handed out in a line from large chunks and given back all at once.</summary>
/// <remarks>Chunks double from 64 MiB up to the plan's chunk size; a larger request gets a buffer of its own.</remarks>
public sealed class Arena : IDisposable
{
    /// <summary>Alignment of every slice: enough for any vector load and for every device's storage alignment.</summary>
    public const int Alignment = 256;

    private const long FirstChunk = 64L << 20;

    private readonly GpuDevice device;
    private readonly List<GpuBuffer> chunks = [];
    private readonly long fixedChunkSize;
    private GpuBuffer? current;
    private long used;
    private bool isDisposed;

    /// <param name="chunkSizeInBytes">Size of every chunk; 0 lets them grow.</param>
    public Arena(GpuDevice device, MemoryClass memoryClass, long chunkSizeInBytes = 0)
    {
        this.device = device;
        Class = memoryClass;
        fixedChunkSize = chunkSizeInBytes;
        device.Add(this);
    }

    public MemoryClass Class { get; }

    /// <summary>Bytes handed out.</summary>
    public long UsedInBytes { get; private set; }

    /// <summary>Bytes taken from the device.</summary>
    public long ReservedInBytes => chunks.Sum(c => c.SizeInBytes);

    public int Chunks => chunks.Count;

    /// <returns>Uninitialised memory, valid until <see cref="Reset"/> or <see cref="Dispose"/>.</returns>
    /// <exception cref="OutOfGpuMemoryException">The budget or the heaps are exhausted.</exception>
    public ArenaSlice Allocate(long sizeInBytes)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        ArgumentOutOfRangeException.ThrowIfLessThan(sizeInBytes, 1);
        long rounded = (sizeInBytes + Alignment - 1) / Alignment * Alignment;
        if (current is null || rounded > current.SizeInBytes - used)
        {
            Grow(rounded);
        }

        var slice = new ArenaSlice(current!, used, sizeInBytes);
        used += rounded;
        UsedInBytes += rounded;
        return slice;
    }

    /// <summary>Frees everything handed out; the memory goes back to the device.</summary>
    public void Reset()
    {
        device.Queue.WaitQuietly();
        foreach (GpuBuffer chunk in chunks)
        {
            chunk.Dispose();
        }

        chunks.Clear();
        current = null;
        used = 0;
        UsedInBytes = 0;
    }

    public void Dispose()
    {
        if (!isDisposed)
        {
            isDisposed = true;
            Reset();
            device.Remove(this);
        }
    }

    public override string ToString() => $"arena of {Class.ToString().ToLowerInvariant()} ({UsedInBytes} bytes)";

    private void Grow(long neededInBytes)
    {
        long wanted = fixedChunkSize > 0 ? fixedChunkSize : current is null ? FirstChunk : current.SizeInBytes * 2;
        long size = Math.Max(neededInBytes, Math.Min(wanted, device.Plan.ChunkSizeInBytes));

        // Near the budget a chunk no larger than needed may still fit.
        if (size > device.Memory.AvailableInBytes)
        {
            size = Math.Max(neededInBytes, Math.Min(size, device.Memory.AvailableInBytes / Alignment * Alignment));
        }

        current = new(device, size, Class, $"chunk {chunks.Count} of {Class.ToString().ToLowerInvariant()}");
        chunks.Add(current);
        used = 0;
    }
}
