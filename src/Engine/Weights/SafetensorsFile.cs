using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Hummingbird.Vulkan.Engine.Weights;

/// <summary>An open safetensors file: its checked header, and reads of tensor data by position.</summary>
/// <remarks>Thread-safe for reading. Values are little-endian in the file and on every host this runs on.</remarks>
public sealed class SafetensorsFile : IDisposable
{
    private const int LengthBytes = sizeof(ulong);

    private readonly ByteSource bytes;
    private readonly long dataStart;

    private SafetensorsFile(ByteSource bytes, string displayName)
    {
        this.bytes = bytes;
        DisplayName = displayName;
        long headerLength = ReadHeaderLength();
        dataStart = LengthBytes + headerLength;
        byte[] header = new byte[headerLength];
        ReadExactly(LengthBytes, header, "header");
        (Dictionary<string, TensorEntry> tensors, Dictionary<string, string> metadata) =
            SafetensorsHeader.Parse(header, displayName, bytes.Length - dataStart);
        (Tensors, Metadata) = (tensors, metadata);
    }

    /// <summary>The name used in messages: the path, or what the caller called the bytes.</summary>
    public string DisplayName { get; }

    public IReadOnlyDictionary<string, TensorEntry> Tensors { get; }

    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Length of the whole file, header included, in bytes.</summary>
    public long Length => bytes.Length;

    /// <exception cref="WeightException">The file is missing, unreadable or not a well-formed safetensors file.</exception>
    public static SafetensorsFile Open(string path)
    {
        try
        {
            var info = new FileInfo(path);
            if (Directory.Exists(path))
                throw WeightException.In(path, "is a folder, expected a .safetensors file.");
            if (!info.Exists)
                throw WeightException.In(path, "no such file.");
            // Before opening: opening a pipe would wait for its writer.
            if (SpecialFile.Is(path))
                throw WeightException.In(path, "is a pipe or a device, expected a .safetensors file.");
            if (info.LinkTarget is null && info.Length < LengthBytes)
                throw WeightException.In(path, $"has {info.Length} bytes, too short for a safetensors file.");
            return Open(new FileByteSource(File.OpenHandle(path, options: FileOptions.RandomAccess)), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new WeightException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Opens bytes already in memory; they are not copied and must stay unchanged.</summary>
    public static SafetensorsFile Open(ReadOnlyMemory<byte> contents, string displayName) =>
        Open(new MemoryByteSource(contents), displayName);

    /// <summary>Reads the stream from its position to its end into memory and opens that.</summary>
    public static SafetensorsFile Open(Stream stream, string displayName)
    {
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return Open(copy.GetBuffer().AsMemory(0, (int)copy.Length), displayName);
    }

    /// <summary>Reads raw bytes of a tensor, from <paramref name="offset"/> bytes into it.</summary>
    public void Read(TensorEntry entry, Span<byte> destination, long offset = 0)
    {
        if (offset < 0 || offset > entry.SizeInBytes - destination.Length)
            throw new ArgumentOutOfRangeException(nameof(offset), offset,
                $"{destination.Length} bytes at {offset} do not lie within tensor {Quote.Name(entry.Name)} of {entry.SizeInBytes} bytes.");
        ReadExactly(dataStart + entry.Begin + offset, destination, Quote.Name(entry.Name));
    }

    /// <summary>Reads elements as fp32, starting at element <paramref name="first"/>. F16, BF16 and integers up to 24 bits convert exactly.</summary>
    public void ReadFloats(TensorEntry entry, Span<float> destination, long first = 0)
    {
        if (entry.Type == WeightType.F32)
            Read(entry, MemoryMarshal.AsBytes(destination), checked(first * sizeof(float)));
        else
            ReadConverted(entry, destination, first, WeightConversion.ToFloats);
    }

    /// <summary>Reads elements as fp16 (rounded to nearest even unless stored so), starting at element <paramref name="first"/>.</summary>
    public void ReadHalves(TensorEntry entry, Span<Half> destination, long first = 0)
    {
        if (entry.Type == WeightType.F16)
            Read(entry, MemoryMarshal.AsBytes(destination), checked(first * sizeof(ushort)));
        else
            ReadConverted(entry, destination, first, WeightConversion.ToHalves);
    }

    /// <summary>Copies the whole file, header included, in order: what a hash of the file is taken over.</summary>
    internal void CopyTo(Action<ReadOnlySpan<byte>> sink)
    {
        byte[] buffer = new byte[1 << 20];
        for (long at = 0; at < Length; at += buffer.Length)
        {
            Span<byte> part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, Length - at));
            ReadExactly(at, part, "contents");
            sink(part);
        }
    }

    public void Dispose() => bytes.Dispose();

    private static SafetensorsFile Open(ByteSource bytes, string displayName)
    {
        try
        {
            return new SafetensorsFile(bytes, displayName);
        }
        catch
        {
            bytes.Dispose();
            throw;
        }
    }

    private delegate void Converter<T>(WeightType type, ReadOnlySpan<byte> source, Span<T> destination);

    private void ReadConverted<T>(TensorEntry entry, Span<T> destination, long first, Converter<T> convert)
    {
        int size = entry.Type.SizeInBytes();
        byte[] buffer = new byte[Math.Min(1 << 16, (long)destination.Length * size)];
        long offset = checked(first * size);
        while (!destination.IsEmpty)
        {
            int count = Math.Min(destination.Length, buffer.Length / size);
            Span<byte> part = buffer.AsSpan(0, count * size);
            Read(entry, part, offset);
            convert(entry.Type, part, destination[..count]);
            destination = destination[count..];
            offset += part.Length;
        }
    }

    private long ReadHeaderLength()
    {
        if (bytes.Length < LengthBytes)
            throw WeightException.In(DisplayName, $"has {bytes.Length} bytes, too short for a safetensors file.");
        Span<byte> start = stackalloc byte[(int)Math.Min(FileContents.BytesLookedAt, bytes.Length)];
        ReadExactly(0, start, "header");
        // A safetensors file may begin with any eight bytes; only one without a header after them is taken for something else.
        bool headerFollows = start.Length > LengthBytes && start[LengthBytes] == (byte)'{';
        if (!headerFollows && FileContents.Describe(start) is { } kind)
            throw WeightException.In(DisplayName, $"is {kind}.");
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(start);
        if (length > SafetensorsHeader.LongestHeader)
            throw WeightException.In(DisplayName, $"names a header of {length} bytes, more than the {SafetensorsHeader.LongestHeader} allowed: not a safetensors file.");
        if ((long)length > bytes.Length - LengthBytes)
            throw WeightException.In(DisplayName, $"names a header of {length} bytes, but only {bytes.Length - LengthBytes} follow: the file is cut short.");
        return (long)length;
    }

    private void ReadExactly(long position, Span<byte> destination, string what)
    {
        bool complete;
        try
        {
            complete = bytes.TryRead(position, destination);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new WeightException($"{DisplayName}: reading {what} failed: {e.Message}", e);
        }

        if (!complete)
            throw WeightException.In(DisplayName, $"ended while reading {what}: the file was cut or changed while open.");
    }
}
