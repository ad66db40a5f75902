using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace Hummingbird.Vulkan.Engine.Tests.Conversion;

/// <summary>A member as it is to be written; every field can be made to lie.</summary>
internal sealed record ZipMember(string Name, byte[] Contents)
{
    public string? LocalName { get; init; }

    public ushort Flags { get; init; }

    public ushort? LocalFlags { get; init; }

    public ushort Method { get; init; }

    public ushort? LocalMethod { get; init; }

    public uint? Crc { get; init; }

    public uint? LocalCrc { get; init; }

    public uint? Size { get; init; }

    public uint? Packed { get; init; }

    public uint? LocalSize { get; init; }

    public uint? Position { get; init; }

    public ushort Disk { get; init; }

    public byte[] Extra { get; init; } = [];

    public byte[] RawName { get; init; } = Encoding.UTF8.GetBytes(Name);

    public byte[] LocalExtra { get; init; } = [];
}

/// <summary>Writes zip archives field by field.</summary>
internal sealed record ZipText(params ZipMember[] Members)
{
    public byte[] Prefix { get; init; } = [];

    public byte[] Suffix { get; init; } = [];

    public byte[] Comment { get; init; } = [];

    public bool HasZip64 { get; init; }

    public ushort? Count { get; init; }

    public uint? DirectorySize { get; init; }

    public uint? DirectoryPosition { get; init; }

    public ushort Disk { get; init; }

    public Action<byte[]>? Spoil64 { get; init; }

    public byte[] Bytes()
    {
        using var file = new MemoryStream();
        file.Write(Prefix);
        var positions = new List<uint>();
        foreach (ZipMember m in Members)
        {
            positions.Add((uint)file.Position);
            byte[] name = m.LocalName is null ? m.RawName : Encoding.UTF8.GetBytes(m.LocalName);
            uint crc = m.LocalCrc ?? m.Crc ?? Crc32.HashToUInt32(m.Contents), size = m.LocalSize ?? (uint)m.Contents.Length;
            file.Write([.. U32(0x04034b50), .. U16(20), .. U16(m.LocalFlags ?? m.Flags), .. U16(m.LocalMethod ?? m.Method), .. U32(0), .. U32(crc), .. U32(size), .. U32(size),
                .. U16(name.Length), .. U16(m.LocalExtra.Length), .. name, .. m.LocalExtra, .. m.Contents]);
        }

        uint start = (uint)file.Position;
        foreach ((ZipMember m, uint position) in Members.Zip(positions))
        {
            uint crc = m.Crc ?? Crc32.HashToUInt32(m.Contents), size = m.Size ?? (uint)m.Contents.Length;
            file.Write([.. U32(0x02014b50), .. U16(20), .. U16(20), .. U16(m.Flags), .. U16(m.Method), .. U32(0), .. U32(crc), .. U32(m.Packed ?? size), .. U32(size),
                .. U16(m.RawName.Length), .. U16(m.Extra.Length), .. U16(0), .. U16(m.Disk), .. U16(0), .. U32(0), .. U32(m.Position ?? position), .. m.RawName, .. m.Extra]);
        }

        WriteEnd(file, start);
        return file.ToArray();
    }

    private void WriteEnd(MemoryStream file, uint start)
    {
        uint size = (uint)file.Position - start, end = (uint)file.Position;
        if (HasZip64)
        {
            byte[] record =
            [
                .. U32(0x06064b50), .. U64(44), .. U16(45), .. U16(45), .. U32(0), .. U32(0), .. U64((ulong)Members.Length), .. U64((ulong)Members.Length), .. U64(size), .. U64(start),
                .. U32(0x07064b50), .. U32(0), .. U64(end), .. U32(1),
            ];
            Spoil64?.Invoke(record);
            file.Write(record);
        }

        int count = Count ?? Members.Length;
        file.Write([.. U32(0x06054b50), .. U16(Disk), .. U16(Disk), .. U16(count), .. U16(count), .. U32(DirectorySize ?? size), .. U32(DirectoryPosition ?? start), .. U16(Comment.Length), .. Comment, .. Suffix]);
    }

    public static byte[] U16(int value) => [(byte)value, (byte)(value >> 8)];

    public static byte[] U32(uint value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }

    public static byte[] U64(ulong value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return bytes;
    }
}
