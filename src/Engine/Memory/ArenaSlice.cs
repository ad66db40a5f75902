using System.Runtime.InteropServices;

namespace Hummingbird.Vulkan.Engine.Memory;

/// <summary>A part of a buffer.</summary>
public readonly record struct ArenaSlice(GpuBuffer Buffer, long Offset, long SizeInBytes)
{
    /// <summary>Where shaders see the first byte.</summary>
    public ulong Address => Buffer.Address + (ulong)Offset;

    public ArenaSlice Slice(long offset, long sizeInBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(sizeInBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + sizeInBytes, SizeInBytes);
        return new(Buffer, Offset + offset, sizeInBytes);
    }

    /// <summary>Writes the first bytes; in place where memory is mapped, else through a staging buffer. Returns when done.</summary>
    /// <remarks>Waits for submits under way first.</remarks>
    public void Upload(ReadOnlySpan<byte> data, long offset = 0)
        => Buffer.Device.Transfers.Upload(Slice(offset, data.Length), data);

    public void Upload<T>(ReadOnlySpan<T> data, long offset = 0)
        where T : unmanaged
        => Upload(MemoryMarshal.AsBytes(data), offset);

    /// <summary>Reads the first bytes, after waiting for submits under way.</summary>
    public void Download(Span<byte> data, long offset = 0)
        => Buffer.Device.Transfers.Download(Slice(offset, data.Length), data);

    public void Download<T>(Span<T> data, long offset = 0)
        where T : unmanaged
        => Download(MemoryMarshal.AsBytes(data), offset);

    /// <summary>The bytes in place, where <see cref="GpuBuffer.IsMapped"/>.</summary>
    public Span<byte> Map() => Buffer.Map(Offset, checked((int)SizeInBytes));
}
