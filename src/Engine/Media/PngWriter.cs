using System.Buffers.Binary;

namespace Hummingbird.Vulkan.Engine.Media;

/// <summary>Writes 8-bit RGB PNG images, tagged sRGB, with metadata as text.</summary>
public static class PngWriter
{
    /// <summary>Writes one image to <paramref name="stream"/>.</summary>
    /// <param name="rgb">RGB8, <c>[height, width, 3]</c>.</param>
    public static void Write(
        Stream stream, int width, int height, ReadOnlySpan<byte> rgb, GenerationMetadata? metadata = null)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(rgb.Length, width * height * 3);
        WriteStart(stream, width, height);
        WriteMetadata(stream, metadata);
        PngChunks.Write(stream, "IDAT", PngFilter.Compress(rgb, width, new PixelArea(0, 0, width, height)));
        PngChunks.Write(stream, "IEND", []);
    }

    /// <summary>Signature, header (8 bits, true colour, no interlacing) and colour space.</summary>
    internal static void WriteStart(Stream stream, int width, int height)
    {
        stream.Write(PngChunks.Signature);
        Span<byte> header = stackalloc byte[13];
        header.Clear();
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], height);
        header[8] = 8;
        header[9] = 2;
        PngChunks.Write(stream, "IHDR", header);
        PngChunks.Write(stream, "sRGB", [0]);
    }

    /// <summary>Twice: for the tools that read "parameters", and for us without loss.</summary>
    internal static void WriteMetadata(Stream stream, GenerationMetadata? metadata)
    {
        if (metadata is not null)
        {
            PngChunks.WriteText(stream, "parameters", metadata.ToParametersText());
            PngChunks.WriteText(stream, MetadataReader.PngKeyword, metadata.ToJson());
        }
    }
}
