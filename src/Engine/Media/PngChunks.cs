using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Hummingbird.Vulkan.Engine.Media;

/// <summary>The container of PNG and APNG: signature and chunks (length, type, data, CRC-32).</summary>
/// <remarks>PNG specification, third edition (W3C 2025), sections 5 and 11.</remarks>
internal static class PngChunks
{
    /// <summary>No text we read is larger: a file that claims more is damaged or hostile.</summary>
    private const int MaxTextBytes = 16 << 20;

    private static readonly uint[] CrcTable = MakeCrcTable();

    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    public static void Write(Stream stream, string type, ReadOnlySpan<byte> data)
    {
        Span<byte> word = stackalloc byte[4];
        Span<byte> name = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(word, data.Length);
        stream.Write(word);
        Encoding.ASCII.GetBytes(type, name);
        stream.Write(name);
        stream.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(word, ~Crc(Crc(uint.MaxValue, name), data));
        stream.Write(word);
    }

    /// <summary>An uncompressed international text chunk: keyword, then UTF-8.</summary>
    public static void WriteText(Stream stream, string keyword, string text)
    {
        // Keyword, end of keyword, not compressed, method 0, no language, no translated keyword.
        byte[] data = [.. Encoding.Latin1.GetBytes(keyword), 0, 0, 0, 0, 0, .. Encoding.UTF8.GetBytes(text)];
        Write(stream, "iTXt", data);
    }

    /// <summary>All text of a PNG by keyword (iTXt and tEXt, compressed or not), or null when it is no PNG.</summary>
    /// <exception cref="MediaException">The file is a PNG, but damaged.</exception>
    public static Dictionary<string, string>? ReadTexts(Stream stream, string path)
    {
        Span<byte> signature = stackalloc byte[8];
        if (stream.ReadAtLeast(signature, 8, throwOnEndOfStream: false) < 8 || !signature.SequenceEqual(Signature))
        {
            return null;
        }

        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        Span<byte> header = stackalloc byte[8];
        while (stream.ReadAtLeast(header, 8, throwOnEndOfStream: false) == 8)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(header);
            string type = Encoding.ASCII.GetString(header[4..]);
            if (type == "IEND")
            {
                return texts;
            }

            if (length > stream.Length - stream.Position - 4)
            {
                break;
            }

            if (type is "iTXt" or "tEXt" && length <= MaxTextBytes)
            {
                ReadText(stream, header[4..], (int)length, path, texts);
            }
            else
            {
                stream.Seek(length + 4L, SeekOrigin.Current);
            }
        }

        throw new MediaException($"'{path}' is a PNG that ends too early: it is damaged or still being written.");
    }

    private static void ReadText(
        Stream stream, ReadOnlySpan<byte> type, int length, string path, Dictionary<string, string> texts)
    {
        byte[] data = new byte[length + 4];
        stream.ReadExactly(data);
        var body = data.AsSpan(0, length);
        if (BinaryPrimitives.ReadUInt32BigEndian(data.AsSpan(length)) != ~Crc(Crc(uint.MaxValue, type), body))
        {
            throw new MediaException($"'{path}' is a damaged PNG: the checksum of a text chunk is wrong.");
        }

        int end = body.IndexOf((byte)0);
        if (end < 0)
        {
            return;
        }

        string keyword = Encoding.Latin1.GetString(body[..end]);
        string? text = type[0] == (byte)'t'
            ? Encoding.Latin1.GetString(body[(end + 1)..])
            : InternationalText(body[(end + 1)..]);
        if (text is not null)
        {
            texts[keyword] = text;
        }
    }

    /// <summary>What follows the keyword of an iTXt chunk, decoded; null when malformed.</summary>
    private static string? InternationalText(ReadOnlySpan<byte> data)
    {
        if (data.Length < 2)
        {
            return null;
        }

        bool compressed = data[0] == 1;
        data = data[2..];
        for (int skipped = 0; skipped < 2; skipped++) // Language, translated keyword.
        {
            int end = data.IndexOf((byte)0);
            if (end < 0)
            {
                return null;
            }

            data = data[(end + 1)..];
        }

        return Encoding.UTF8.GetString(compressed ? Inflate(data) : data);
    }

    private static byte[] Inflate(ReadOnlySpan<byte> data)
    {
        using var zlib = new ZLibStream(new MemoryStream(data.ToArray()), CompressionMode.Decompress);
        byte[] text = new byte[MaxTextBytes];
        try
        {
            return text[..zlib.ReadAtLeast(text, text.Length, throwOnEndOfStream: false)];
        }
        catch (InvalidDataException)
        {
            return [];
        }
    }

    private static uint Crc(uint crc, ReadOnlySpan<byte> data)
    {
        foreach (byte value in data)
        {
            crc = CrcTable[(crc ^ value) & 0xFF] ^ (crc >> 8);
        }

        return crc;
    }

    private static uint[] MakeCrcTable()
    {
        uint[] table = new uint[256];
        for (uint i = 0; i < 256; i++)
        {
            uint c = i;
            for (int bit = 0; bit < 8; bit++)
            {
                c = (c & 1) != 0 ? 0xEDB88320 ^ (c >> 1) : c >> 1;
            }

            table[i] = c;
        }

        return table;
    }
}
