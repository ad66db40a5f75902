using Microsoft.Win32.SafeHandles;

namespace Hummingbird.Vulkan.Engine.Weights;

/// <summary>Bytes that can be read at any position, from any thread.</summary>
internal abstract class ByteSource : IDisposable
{
    public abstract long Length { get; }

    /// <summary>Fills <paramref name="destination"/> from <paramref name="position"/>; false when the bytes end before that.</summary>
    public abstract bool TryRead(long position, Span<byte> destination);

    public virtual void Dispose() => GC.SuppressFinalize(this);
}

/// <summary>A file read by position. Not mapped: a mapped file cut by someone else is a bus error that cannot be caught.</summary>
internal sealed class FileByteSource(SafeFileHandle handle) : ByteSource
{
    public override long Length { get; } = RandomAccess.GetLength(handle);

    public override bool TryRead(long position, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            int read = RandomAccess.Read(handle, destination, position);
            if (read == 0)
                return false;
            position += read;
            destination = destination[read..];
        }

        return true;
    }

    public override void Dispose()
    {
        handle.Dispose();
        base.Dispose();
    }
}

internal sealed class MemoryByteSource(ReadOnlyMemory<byte> bytes) : ByteSource
{
    public override long Length => bytes.Length;

    public override bool TryRead(long position, Span<byte> destination)
    {
        if (position > bytes.Length - destination.Length)
            return false;
        bytes.Span.Slice((int)position, destination.Length).CopyTo(destination);
        return true;
    }
}
