using System.Runtime.InteropServices;
using Hummingbird.Vulkan.Engine.Memory;

namespace Hummingbird.Vulkan.Engine.Conformance;

/// <summary>An operand in device memory between two fences that nobody may write.</summary>
/// <remarks>Fences and poison are NaN read as fp32 and as fp16, so that a read beyond the operand shows in the result too. What is read
/// and what is written have different NaNs: a copy of one fence over another must not pass unseen.</remarks>
internal sealed class FencedBuffer
{
    private const int Fence = 256;
    private const uint ReadOnlyFence = 0xFFF5FFF5;
    private const uint Poison = 0xFFF9FFF9;

    private readonly ArenaSlice slice;
    private readonly byte[] image;
    private readonly int size;

    private FencedBuffer(Arena arena, int size, uint pattern)
    {
        this.size = size;
        image = new byte[SizeInArena(size)];
        MemoryMarshal.Cast<byte, uint>(image.AsSpan()).Fill(pattern);
        slice = arena.Allocate(image.Length);
    }

    public ulong Address => slice.Address + Fence;

    /// <summary>The operand itself.</summary>
    public ArenaSlice Payload => slice.Slice(Fence, size);

    /// <summary>Bytes that an operand of <paramref name="size"/> takes with its fences.</summary>
    public static int SizeInArena(long size) => checked((int)((size + Arena.Alignment - 1) / Arena.Alignment * Arena.Alignment) + (2 * Fence));

    /// <summary>An operand that holds these bytes.</summary>
    public static FencedBuffer Holding(Arena arena, ReadOnlySpan<byte> bytes)
    {
        FencedBuffer buffer = new(arena, bytes.Length, ReadOnlyFence);
        bytes.CopyTo(buffer.image.AsSpan(Fence));
        buffer.slice.Upload(buffer.image);
        return buffer;
    }

    /// <summary>An operand that holds poison.</summary>
    public static FencedBuffer Poisoned(Arena arena, long size)
    {
        FencedBuffer buffer = new(arena, checked((int)size), Poison);
        buffer.slice.Upload(buffer.image);
        return buffer;
    }

    /// <summary>What the operand holds now, and what happened around it: null, or where the first foreign byte lies.</summary>
    public byte[] Read(out string? damage)
    {
        byte[] now = new byte[image.Length];
        slice.Download(now);
        ReadOnlySpan<byte> behind = now.AsSpan(Fence + size), behindBefore = image.AsSpan(Fence + size);
        int before = now.AsSpan(0, Fence).CommonPrefixLength(image.AsSpan(0, Fence)), after = behind.CommonPrefixLength(behindBefore);
        damage = before < Fence ? $"written {Fence - before} bytes before its start"
            : after < behind.Length ? $"written {after} bytes behind its end"
            : null;
        return now[Fence..(Fence + size)];
    }

    /// <summary>Null, or which byte of an operand that is only read has changed.</summary>
    public string? FindChange()
    {
        byte[] now = Read(out string? damage);
        int same = now.AsSpan().CommonPrefixLength(image.AsSpan(Fence, size));
        return damage ?? (same < size ? $"written at byte {same}, and it is only to be read" : null);
    }
}
