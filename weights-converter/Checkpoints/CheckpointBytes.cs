using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.WeightsConverter.Checkpoints;

/// <summary>An open file read by position, with its name for messages. Every failure becomes a <see cref="WeightException"/>.</summary>
/// <remarks>Read, not mapped: a mapped file that someone else cuts is a bus error, which cannot be caught.</remarks>
internal sealed class CheckpointBytes(ByteSource source, string displayName) : IDisposable
{
    public string DisplayName => displayName;

    public long Length => source.Length;

    /// <param name="order">SequentialScan where it is read from end to end: the system then reads further ahead.</param>
    /// <exception cref="WeightException">There is no such file, it is a folder, a pipe or a device, or it may not be read.</exception>
    public static CheckpointBytes Open(string path, FileOptions order = FileOptions.None)
    {
        try
        {
            if (Directory.Exists(path))
                throw WeightException.In(path, "is a folder, expected a checkpoint file.");
            var info = new FileInfo(path);
            if (!info.Exists)
                throw WeightException.In(path, "no such file.");
            // Before opening: opening a pipe would wait for its writer.
            if (SpecialFile.Is(path) || info.Length == 0)
                throw WeightException.In(path, "is empty (or no regular file).");
            return new CheckpointBytes(new FileByteSource(File.OpenHandle(path, options: order)), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new WeightException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    public static CheckpointBytes Open(ReadOnlyMemory<byte> contents, string displayName) => new(new MemoryByteSource(contents), displayName);

    public void Read(long position, Span<byte> destination, string what)
    {
        bool complete;
        try
        {
            complete = source.TryRead(position, destination);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new WeightException($"{displayName}: reading {what} failed: {e.Message}", e);
        }

        if (!complete)
            throw Bad($"ended while reading {what}: the file is cut short, or changed while open");
    }

    public byte[] ReadBytes(long position, int count, string what)
    {
        byte[] bytes = new byte[count];
        Read(position, bytes, what);
        return bytes;
    }

    public WeightException Bad(string problem) => WeightException.In(displayName, problem + ".");

    public void Dispose() => source.Dispose();
}
