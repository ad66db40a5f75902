using Hummingbird.Vulkan.Engine.Compute;
using Hummingbird.Vulkan.Engine.Device;

namespace Hummingbird.Vulkan.Engine.Memory;

/// <summary>Moves bytes between host and device: in place where memory is mapped, else in pieces of at most 64 MiB.</summary>
internal sealed class TransferQueue(GpuDevice device) : IDisposable
{
    private const int PieceInBytes = 64 << 20;

    // Write-combined memory is read byte by byte over the bus; a copy by the device pays from about here.
    private const int DirectReadLimit = 64 << 10;

    private readonly Lock gate = new();
    private GpuBuffer? staging;
    private GpuBuffer? readback;
    private CommandRecorder? recorder;

    public void Upload(ArenaSlice target, ReadOnlySpan<byte> data)
    {
        device.Queue.Wait();
        if (target.Buffer.IsMapped)
        {
            data.CopyTo(target.Buffer.Map(target.Offset, data.Length));
            return;
        }

        lock (gate)
        {
            while (data.Length > 0)
            {
                int length = Math.Min(data.Length, PieceInBytes);
                GpuBuffer buffer = Reserve(ref staging, MemoryClass.Staging, length);
                data[..length].CopyTo(buffer.Map(0, length));
                Copy(new(buffer, 0, length), target.Slice(0, length));
                target = target.Slice(length, target.SizeInBytes - length);
                data = data[length..];
            }
        }
    }

    public void Download(ArenaSlice source, Span<byte> data)
    {
        device.Queue.Wait();
        if (source.Buffer.IsMapped && (source.Buffer.IsCached || data.Length <= DirectReadLimit))
        {
            source.Buffer.Map(source.Offset, data.Length).CopyTo(data);
            return;
        }

        lock (gate)
        {
            while (data.Length > 0)
            {
                int length = Math.Min(data.Length, PieceInBytes);
                GpuBuffer buffer = Reserve(ref readback, MemoryClass.Readback, length);
                Copy(source.Slice(0, length), new(buffer, 0, length));
                buffer.Map(0, length).CopyTo(data);
                source = source.Slice(length, source.SizeInBytes - length);
                data = data[length..];
            }
        }
    }

    public void Dispose()
    {
        recorder?.Dispose();
        staging?.Dispose();
        readback?.Dispose();
    }

    private GpuBuffer Reserve(ref GpuBuffer? buffer, MemoryClass memoryClass, int length)
    {
        if (buffer is null || buffer.SizeInBytes < length)
        {
            buffer?.Dispose();
            buffer = null;
            int size = (int)Math.Min(PieceInBytes, Math.Max(1 << 20, System.Numerics.BitOperations.RoundUpToPowerOf2((uint)length)));
            buffer = new(device, size, memoryClass);
        }

        return buffer;
    }

    private void Copy(ArenaSlice source, ArenaSlice target)
    {
        recorder ??= new(device, "transfer", isOwnedByDevice: true);
        recorder.Begin();
        recorder.Copy(source, target);
        recorder.End();
        device.Queue.Wait(device.Queue.Submit(recorder));
    }
}
