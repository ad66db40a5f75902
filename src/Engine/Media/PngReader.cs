using System.Buffers.Binary;
using System.IO.Compression;

namespace Hummingbird.Vulkan.Engine.Media;

/// <summary>A decoded picture, RGB8 [H, W, 3].</summary>
internal sealed record PngImage(int Width, int Height, byte[] Rgb);

/// <summary>Reads 8-bit grey, RGB and RGBA pictures that are not interlaced: what this engine and ffmpeg write. Alpha is dropped.</summary>
/// <remarks>PNG specification, third edition, sections 5, 9 and 11.2.</remarks>
internal static class PngReader
{
    private const int MaxSide = 4096, MaxChunk = 1 << 28;

    /// <exception cref="MediaException">It is not such a picture.</exception>
    public static PngImage Read(Stream stream, string path) => TryRead(stream, path) ?? throw Damaged(path, "is empty");

    /// <summary>The next picture of a stream of them; null at its end. Reads not a byte more than the picture has.</summary>
    public static PngImage? TryRead(Stream stream, string path)
    {
        Span<byte> start = stackalloc byte[8];
        int got = stream.ReadAtLeast(start, 8, throwOnEndOfStream: false);
        if (got == 0)
        {
            return null;
        }

        if (got < 8 || !start.SequenceEqual(PngChunks.Signature))
        {
            throw Damaged(path, "is no PNG");
        }

        byte[] header = [];
        using MemoryStream packed = new();
        for (string type = ""; type != "IEND";)
        {
            (type, byte[] data) = ReadChunk(stream, path);
            header = type == "IHDR" ? data : header;
            if (type == "IDAT")
            {
                packed.Write(data);
            }
        }

        packed.Position = 0;
        return Unpack(header, packed, path);
    }

    private static (string Type, byte[] Data) ReadChunk(Stream stream, string path)
    {
        Span<byte> head = stackalloc byte[8];
        if (stream.ReadAtLeast(head, 8, throwOnEndOfStream: false) < 8)
        {
            throw Damaged(path, "ends too early");
        }

        uint length = BinaryPrimitives.ReadUInt32BigEndian(head);
        if (length > MaxChunk || (stream.CanSeek && length + 4L > stream.Length - stream.Position))
        {
            throw Damaged(path, $"claims a chunk of {length} bytes");
        }

        byte[] data = new byte[length + 4];
        if (stream.ReadAtLeast(data, data.Length, throwOnEndOfStream: false) < data.Length)
        {
            throw Damaged(path, "ends too early");
        }

        return (System.Text.Encoding.ASCII.GetString(head[4..]), data[..^4]);
    }

    private static PngImage Unpack(byte[] header, Stream packed, string path)
    {
        if (header.Length != 13)
        {
            throw Damaged(path, "has no header");
        }

        int width = BinaryPrimitives.ReadInt32BigEndian(header), height = BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(4));
        int channels = header[9] switch { 0 => 1, 2 => 3, 6 => 4, _ => 0 };
        if (width is < 1 or > MaxSide || height is < 1 or > MaxSide || header[8] != 8 || channels == 0 || header[12] != 0)
        {
            throw Damaged(path, $"is {width} x {height} of a kind that is not read (8-bit grey, RGB or RGBA up to {MaxSide} a side, not interlaced)");
        }

        byte[] rgb = new byte[width * height * 3], row = new byte[width * channels], above = new byte[row.Length];
        using ZLibStream zlib = new(packed, CompressionMode.Decompress);
        try
        {
            for (int y = 0; y < height; y++)
            {
                int filter = zlib.ReadByte();
                zlib.ReadExactly(row);
                Unfilter(filter, row, above, channels);
                for (int x = 0; x < width * 3; x++)
                {
                    rgb[(y * width * 3) + x] = row[channels == 1 ? x / 3 : (x / 3 * channels) + (x % 3)];
                }

                (row, above) = (above, row);
            }
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException)
        {
            throw Damaged(path, "has damaged pixels");
        }

        return new(width, height, rgb);
    }

    private static void Unfilter(int filter, Span<byte> row, ReadOnlySpan<byte> above, int channels)
    {
        for (int i = 0; i < row.Length; i++)
        {
            int left = i >= channels ? row[i - channels] : 0, aboveLeft = i >= channels ? above[i - channels] : 0;
            row[i] += (byte)(filter switch
            {
                1 => left,
                2 => above[i],
                3 => (left + above[i]) / 2,
                4 => PngFilter.Paeth(left, above[i], aboveLeft),
                _ => 0,
            });
        }
    }

    private static MediaException Damaged(string path, string what) => new($"'{path}' {what}.");
}
