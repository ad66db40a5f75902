using System.Buffers.Binary;
using System.Text;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.WeightsConverter.Checkpoints;

/// <summary>A stored (uncompressed) member of a zip archive.</summary>
/// <param name="Name">As in both headers; data, never a path.</param>
/// <param name="Begin">First byte of its contents in the file.</param>
/// <param name="Length">Bytes of its contents.</param>
/// <param name="Crc">CRC-32 of its contents as the directory has it.</param>
internal sealed record ZipEntry(string Name, long Begin, long Length, uint Crc)
{
    public long End => Begin + Length;
}

/// <summary>The directory of a zip archive, read with more care than a general unpacker takes.</summary>
/// <remarks>PyTorch stores its members uncompressed, so that is all that is read. Refused: compression, encryption, several disks,
/// bytes before or behind the archive, members that overlap each other or the directory, a local header that disagrees with the
/// directory, duplicate names, sizes that do not fit. Zip64 is read. Source: PKWARE APPNOTE 6.3.</remarks>
internal static class ZipDirectory
{
    private const uint EndSignature = 0x06054b50, End64Signature = 0x06064b50, Locator64Signature = 0x07064b50;
    private const uint CentralSignature = 0x02014b50, LocalSignature = 0x04034b50;
    private const int EndSize = 22, End64Size = 56, Locator64Size = 20, CentralSize = 46, LocalSize = 30;
    private const int LongestComment = ushort.MaxValue, LongestName = 1024, MostEntries = 200_000;
    private const long LargestDirectory = 64 << 20;
    private const ushort Encrypted = 1 << 0 | 1 << 6 | 1 << 13, HasDescriptor = 1 << 3;

    /// <exception cref="WeightException">The file is no such archive, or a damaged one.</exception>
    public static IReadOnlyList<ZipEntry> Read(CheckpointBytes file)
    {
        (long start, long size, long count, long end) = FindDirectory(file);
        if (count > MostEntries || size > LargestDirectory)
            throw file.Bad($"names a zip directory of {count} members and {size} bytes; at most {MostEntries} and {LargestDirectory} are read");
        if (count * CentralSize > size)
            throw file.Bad($"names {count} members in a zip directory of only {size} bytes");
        byte[] directory = file.ReadBytes(start, (int)size, "the zip directory");
        var entries = new List<ZipEntry>((int)count);
        var names = new HashSet<string>(StringComparer.Ordinal);
        int at = 0;
        for (long i = 0; i < count; i++)
        {
            ZipEntry entry = ReadEntry(file, directory, ref at, start);
            if (!names.Add(entry.Name))
                throw file.Bad($"holds two members named {Quote.Name(entry.Name)}");
            entries.Add(entry);
        }

        if (at != directory.Length)
            throw file.Bad($"has a zip directory of {size} bytes of which its {count} members use {at}");
        CheckOverlap(file, entries, Math.Min(start, end));
        return entries;
    }

    private static (long Start, long Size, long Count, long End) FindDirectory(CheckpointBytes file)
    {
        int tailLength = (int)Math.Min(file.Length, EndSize + LongestComment);
        byte[] tail = file.ReadBytes(file.Length - tailLength, tailLength, "the end of the archive");
        int at = tailLength - EndSize;
        while (at >= 0 && !(U32(tail, at) == EndSignature && at + EndSize + U16(tail, at + 20) == tailLength))
            at--;
        if (at < 0)
            throw file.Bad("begins like a zip archive but has no directory at its end: the file is cut short, or something follows the archive");
        ReadOnlySpan<byte> record = tail.AsSpan(at);
        long end = file.Length - tailLength + at;
        long count = U16(record, 10), size = U32(record, 12), start = U32(record, 16);
        bool needs64 = count == ushort.MaxValue || size == uint.MaxValue || start == uint.MaxValue;
        if (U16(record, 4) != 0 && U16(record, 4) != ushort.MaxValue || U16(record, 6) != 0 && U16(record, 6) != ushort.MaxValue || U16(record, 8) != count)
            throw file.Bad("is one part of a zip archive of several; only whole archives are read");
        if (end >= Locator64Size && U32(file.ReadBytes(end - Locator64Size, Locator64Size, "the zip64 locator"), 0) == Locator64Signature)
            (start, size, count, end) = ReadEnd64(file, end, (count, size, start));
        else if (needs64)
            throw file.Bad("needs a zip64 directory but has none");
        if (start < 0 || size < 0 || count < 0 || size > end || start != end - size)
            throw file.Bad($"places its zip directory at byte {start} with {size} bytes, but it must end at byte {end}");
        return (start, size, count, end);
    }

    private static (long Start, long Size, long Count, long End) ReadEnd64(CheckpointBytes file, long endAt, (long Count, long Size, long Start) small)
    {
        byte[] locator = file.ReadBytes(endAt - Locator64Size, Locator64Size, "the zip64 locator");
        long at = S64(file, locator, 8, "zip64 directory position");
        if (U32(locator, 4) != 0 || U32(locator, 16) > 1 || at != endAt - Locator64Size - End64Size)
            throw file.Bad($"has a zip64 locator that points to byte {at}, expected {endAt - Locator64Size - End64Size}");
        byte[] record = file.ReadBytes(at, End64Size, "the zip64 end record");
        if (U32(record, 0) != End64Signature || S64(file, record, 4, "zip64 record size") != End64Size - 12)
            throw file.Bad("has a damaged zip64 end record");
        long onDisk = S64(file, record, 24, "member count"), count = S64(file, record, 32, "member count");
        long size = S64(file, record, 40, "directory size"), start = S64(file, record, 48, "directory position");
        if (U32(record, 16) != 0 || U32(record, 20) != 0 || onDisk != count)
            throw file.Bad("is one part of a zip archive of several; only whole archives are read");
        bool agrees = (small.Count == ushort.MaxValue || small.Count == count) && (small.Size == uint.MaxValue || small.Size == size)
            && (small.Start == uint.MaxValue || small.Start == start);
        return agrees ? (start, size, count, at) : throw file.Bad("has two end records that disagree about the zip directory");
    }

    private static ZipEntry ReadEntry(CheckpointBytes file, byte[] directory, ref int at, long directoryStart)
    {
        if (directory.Length - at < CentralSize || U32(directory, at) != CentralSignature)
            throw file.Bad("has a damaged zip directory");
        ReadOnlySpan<byte> header = directory.AsSpan(at);
        int nameLength = U16(header, 28), extraLength = U16(header, 30), commentLength = U16(header, 32);
        if (CentralSize + nameLength + extraLength + commentLength > header.Length)
            throw file.Bad("has a zip directory whose last member is cut");
        ReadOnlySpan<byte> rawName = header.Slice(CentralSize, nameLength);
        string name = NameOf(file, rawName);
        ushort flags = U16(header, 8), method = U16(header, 10);
        if ((flags & Encrypted) != 0)
            throw file.Bad($"member {Quote.Name(name)} is encrypted");
        if (method != 0)
            throw file.Bad($"member {Quote.Name(name)} is compressed (method {method}); PyTorch stores its members as they are, save the checkpoint again with torch.save");
        uint crc = U32(header, 16);
        long packed = U32(header, 20), length = U32(header, 24), local = U32(header, 42);
        ReadExtra64(file, name, header.Slice(CentralSize + nameLength, extraLength), ref length, ref packed, ref local);
        if (packed != length)
            throw file.Bad($"member {Quote.Name(name)} is stored, yet {length} bytes are said to take {packed}");
        if (U16(header, 34) is not (0 or ushort.MaxValue))
            throw file.Bad("is one part of a zip archive of several; only whole archives are read");
        at += CentralSize + nameLength + extraLength + commentLength;
        long begin = CheckLocal(file, name, rawName, (flags, crc, length, local), directoryStart);
        return new ZipEntry(name, begin, length, crc);
    }

    private static string NameOf(CheckpointBytes file, ReadOnlySpan<byte> raw)
    {
        if (raw.IsEmpty || raw.Length > LongestName)
            throw file.Bad($"holds a member whose name has {raw.Length} bytes; 1 to {LongestName} are allowed");
        string name;
        try
        {
            name = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(raw);
        }
        catch (ArgumentException)
        {
            throw file.Bad("holds a member whose name is not UTF-8");
        }

        bool leavesArchive = name[0] == '/' || name.AsSpan().IndexOfAny("\\\0:") >= 0 || name.Split('/').Any(part => part is ".." or ".");
        return leavesArchive ? throw file.Bad($"holds a member named {Quote.Name(name)}, which is no name inside an archive") : name;
    }

    /// <summary>Sizes and position of a member too large for 32 bits: only those fields that are all ones, in this order.</summary>
    private static void ReadExtra64(CheckpointBytes file, string name, ReadOnlySpan<byte> extra, ref long length, ref long packed, ref long local)
    {
        bool needs = length == uint.MaxValue || packed == uint.MaxValue || local == uint.MaxValue;
        while (needs && extra.Length >= 4)
        {
            int size = U16(extra, 2);
            if (size > extra.Length - 4)
                throw file.Bad($"member {Quote.Name(name)} has a damaged extra field");
            if (U16(extra, 0) == 1)
            {
                ReadOnlySpan<byte> field = extra.Slice(4, size);
                Take(ref field, ref length);
                Take(ref field, ref packed);
                Take(ref field, ref local);
                return;
            }

            extra = extra[(4 + size)..];
        }

        if (needs)
            throw file.Bad($"member {Quote.Name(name)} needs zip64 sizes but has none");

        void Take(ref ReadOnlySpan<byte> field, ref long value)
        {
            if (value != uint.MaxValue)
                return;
            if (field.Length < sizeof(ulong))
                throw file.Bad($"member {Quote.Name(name)} needs zip64 sizes but has none");
            value = S64(file, field, 0, "size of a member");
            field = field[sizeof(ulong)..];
        }
    }

    /// <summary>The header in front of the contents must say what the directory says; returns where the contents begin.</summary>
    private static long CheckLocal(CheckpointBytes file, string name, ReadOnlySpan<byte> rawName, (ushort Flags, uint Crc, long Length, long At) entry, long directoryStart)
    {
        if (entry.At > directoryStart - LocalSize)
            throw file.Bad($"member {Quote.Name(name)} is said to lie at byte {entry.At}, behind the archive's contents");
        byte[] local = file.ReadBytes(entry.At, LocalSize, "a member's header");
        if (U32(local, 0) != LocalSignature)
            throw file.Bad($"member {Quote.Name(name)} has no header at byte {entry.At}");
        int nameLength = U16(local, 26), extraLength = U16(local, 28);
        long begin = entry.At + LocalSize + nameLength + extraLength;
        if (begin > directoryStart || entry.Length > directoryStart - begin)
            throw file.Bad($"member {Quote.Name(name)} of {entry.Length} bytes does not fit in front of the zip directory");
        if (nameLength != rawName.Length || !file.ReadBytes(entry.At + LocalSize, nameLength, "a member's name").AsSpan().SequenceEqual(rawName))
            throw file.Bad($"member {Quote.Name(name)} has another name in front of its contents than in the directory");
        bool hasDescriptor = (U16(local, 6) & HasDescriptor) != 0;
        bool sizeAgrees = SaysSize(U32(local, 18), entry.Length, hasDescriptor) && SaysSize(U32(local, 22), entry.Length, hasDescriptor);
        bool crcAgrees = U32(local, 14) == entry.Crc || (hasDescriptor && U32(local, 14) == 0);
        if ((U16(local, 6) & Encrypted) != 0 || U16(local, 8) != 0 || !sizeAgrees || !crcAgrees)
            throw file.Bad($"member {Quote.Name(name)} has another size, checksum or method in front of its contents than in the directory");
        return begin;
    }

    private static bool SaysSize(uint local, long size, bool hasDescriptor) =>
        local == size || local == uint.MaxValue || (hasDescriptor && local == 0);

    private static void CheckOverlap(CheckpointBytes file, List<ZipEntry> entries, long limit)
    {
        long at = 0;
        string previous = "";
        foreach (ZipEntry entry in entries.OrderBy(e => e.Begin).ThenBy(e => e.End))
        {
            // An entry's own header lies between the previous contents and its contents.
            if (entry.Begin - LocalSize - Encoding.UTF8.GetByteCount(entry.Name) < at)
                throw file.Bad($"members {Quote.Name(previous)} and {Quote.Name(entry.Name)} overlap");
            (at, previous) = (entry.End, entry.Name);
        }

        if (at > limit)
            throw file.Bad($"member {Quote.Name(previous)} overlaps the zip directory");
    }

    private static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static long S64(CheckpointBytes file, ReadOnlySpan<byte> bytes, int at, string what)
    {
        ulong value = BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
        return value <= long.MaxValue ? (long)value : throw file.Bad($"has a {what} of {value}, more than fits in 63 bits");
    }
}
