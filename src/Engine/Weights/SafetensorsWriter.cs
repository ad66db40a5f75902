using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Hummingbird.Vulkan.Engine.Weights;

/// <summary>A tensor to be written; its bytes are produced when their turn comes, so that a large file never lies in memory whole.</summary>
/// <param name="Shape">Dimensions, outermost first; empty for a scalar.</param>
/// <param name="WriteData">Writes exactly the elements, little-endian, in memory order.</param>
/// <param name="Turn">Tensors are written by rising turns where the stream can seek: the order in which their values are quickest to read.
/// Where they lie in the file does not depend on it.</param>
public sealed record TensorToWrite(string Name, WeightType Type, ImmutableArray<long> Shape, Action<Stream> WriteData, long Turn = 0)
{
    internal long SizeInBytes { get; } = Shape.Aggregate((long)Type.SizeInBytes(), (size, dimension) => checked(size * dimension));

    public static TensorToWrite FromFloats(string name, ReadOnlySpan<long> shape, ReadOnlyMemory<float> values) =>
        new(name, WeightType.F32, [.. shape], stream => stream.Write(MemoryMarshal.AsBytes(values.Span)));

    public static TensorToWrite FromHalves(string name, ReadOnlySpan<long> shape, ReadOnlyMemory<Half> values) =>
        new(name, WeightType.F16, [.. shape], stream => stream.Write(MemoryMarshal.AsBytes(values.Span)));

    public static TensorToWrite FromBytes(string name, WeightType type, ReadOnlySpan<long> shape, ReadOnlyMemory<byte> values) =>
        new(name, type, [.. shape], stream => stream.Write(values.Span));
}

/// <summary>Writes safetensors files: the same tensors and metadata always give the same bytes.</summary>
/// <remarks>Tensors are ordered by element size, widest first, then by name, and the data starts at a multiple of eight bytes:
/// every tensor is aligned to its element type without a hole.</remarks>
public static class SafetensorsWriter
{
    private const int DataAlignment = 8;

    /// <summary>Writes the file atomically: see <see cref="AtomicFile"/>.</summary>
    public static void Write(string path, IEnumerable<TensorToWrite> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        TensorToWrite[] ordered = Ordered(tensors);
        AtomicFile.Write(path, stream => Write(stream, ordered, metadata));
    }

    /// <summary>Writes header and data to a stream.</summary>
    public static void Write(Stream stream, IEnumerable<TensorToWrite> tensors, IReadOnlyDictionary<string, string>? metadata = null) =>
        Write(stream, Ordered(tensors), metadata);

    private static void Write(Stream stream, TensorToWrite[] ordered, IReadOnlyDictionary<string, string>? metadata)
    {
        stream.Write(Header(ordered, metadata));
        var counted = new CountingStream(stream);
        long begin = stream.CanSeek ? stream.Position : 0;
        foreach ((TensorToWrite tensor, long offset) in InTurn(ordered, stream.CanSeek))
        {
            if (stream.CanSeek)
                stream.Position = begin + offset;
            counted.Count = 0;
            tensor.WriteData(counted);
            if (counted.Count != tensor.SizeInBytes)
            {
                throw new InvalidOperationException(
                    $"Tensor {Quote.Name(tensor.Name)} of shape {Quote.Shape(tensor.Shape.AsSpan())} wrote {counted.Count} bytes, expected {tensor.SizeInBytes}.");
            }
        }

        if (stream.CanSeek)
            stream.Position = begin + ordered.Sum(t => t.SizeInBytes);
    }

    /// <summary>Every tensor with its offset from the first one.</summary>
    private static IEnumerable<(TensorToWrite Tensor, long Offset)> InTurn(TensorToWrite[] ordered, bool canSeek)
    {
        var placed = new (TensorToWrite Tensor, long Offset)[ordered.Length];
        long at = 0;
        for (int i = 0; i < ordered.Length; i++)
        {
            placed[i] = (ordered[i], at);
            at += ordered[i].SizeInBytes;
        }

        return canSeek ? placed.OrderBy(p => p.Tensor.Turn) : placed;
    }

    private static TensorToWrite[] Ordered(IEnumerable<TensorToWrite> tensors)
    {
        TensorToWrite[] ordered = [.. tensors.OrderByDescending(t => t.Type.SizeInBytes()).ThenBy(t => t.Name, StringComparer.Ordinal)];
        string? twice = ordered.GroupBy(t => t.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1)?.Key;
        if (twice is not null)
            throw new ArgumentException($"Two tensors are named {Quote.Name(twice)}.", nameof(tensors));
        if (ordered.Any(t => t.Name == "__metadata__"))
            throw new ArgumentException("A tensor cannot be named __metadata__: the format keeps that name for itself.", nameof(tensors));
        return ordered;
    }

    private static byte[] Header(TensorToWrite[] ordered, IReadOnlyDictionary<string, string>? metadata)
    {
        using var text = new MemoryStream();
        text.Write(stackalloc byte[sizeof(ulong)]);
        using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartObject();
            WriteMetadata(json, metadata);
            long at = 0;
            foreach (TensorToWrite tensor in ordered)
                WriteEntry(json, tensor, ref at);
            json.WriteEndObject();
        }

        while (text.Length % DataAlignment != 0)
            text.WriteByte((byte)' ');
        byte[] header = text.ToArray();
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)(header.Length - sizeof(ulong)));
        return header;
    }

    private static void WriteMetadata(Utf8JsonWriter json, IReadOnlyDictionary<string, string>? metadata)
    {
        if (metadata is null || metadata.Count == 0)
            return;
        json.WriteStartObject("__metadata__");
        foreach ((string key, string value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            json.WriteString(key, value);
        json.WriteEndObject();
    }

    private static void WriteEntry(Utf8JsonWriter json, TensorToWrite tensor, ref long at)
    {
        json.WriteStartObject(tensor.Name);
        json.WriteString("dtype", tensor.Type.HeaderName());
        json.WriteStartArray("shape");
        foreach (long dimension in tensor.Shape)
            json.WriteNumberValue(dimension);
        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(at);
        json.WriteNumberValue(at = checked(at + tensor.SizeInBytes));
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Passes writes on and counts them.</summary>
    private sealed class CountingStream(Stream inner) : Stream
    {
        public long Count { get; set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => Count;

        public override long Position { get => Count; set => throw new NotSupportedException(); }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            inner.Write(buffer);
            Count += buffer.Length;
        }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
