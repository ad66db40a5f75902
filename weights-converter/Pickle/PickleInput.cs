using System.Buffers.Binary;
using System.Text;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.WeightsConverter.Checkpoints;

namespace Hummingbird.Vulkan.WeightsConverter.Pickle;

/// <summary>The bytes of a pickle, read through a small window.</summary>
internal sealed class PickleInput
{
    private const int WindowSize = 1 << 16;
    private const int LongestLine = 1024;
    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    private readonly CheckpointBytes file;
    private readonly long begin, end;
    private byte[] window = [];
    private long windowStart;

    public PickleInput(CheckpointBytes file, long begin, long end)
    {
        (this.file, this.begin, this.end) = (file, begin, end);
        Position = windowStart = begin;
    }

    public long Position { get; private set; }

    public bool AtEnd => Position == end;

    public byte Byte() => Take(1)[0];

    public ushort U16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public int I32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public uint U32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public ulong U64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    public double F64() => BinaryPrimitives.ReadDoubleBigEndian(Take(8));

    /// <summary>The next bytes; valid until the next call.</summary>
    public ReadOnlySpan<byte> Take(int count)
    {
        if (count > end - Position)
            throw Bad($"ends within an instruction that needs {count} more bytes");
        int at = (int)(Position - windowStart);
        if (at + count > window.Length)
        {
            int size = (int)Math.Min(Math.Max(WindowSize, count), end - Position);
            if (window.Length != size)
                window = new byte[size];
            file.Read(Position, window, "the pickle");
            (windowStart, at) = (Position, 0);
        }

        Position += count;
        return window.AsSpan(at, count);
    }

    public string Text(int count)
    {
        try
        {
            // Python writes lone surrogates as three bytes; a name with one is of no use here.
            return Utf8.GetString(Take(count));
        }
        catch (ArgumentException)
        {
            throw Bad("holds text that is not UTF-8");
        }
    }

    /// <summary>Text up to a line end, without it.</summary>
    public string Line()
    {
        var line = new List<byte>();
        for (byte b = Byte(); b != (byte)'\n'; b = Byte())
        {
            line.Add(b);
            if (line.Count > LongestLine)
                throw Bad($"holds a line of more than {LongestLine} bytes");
        }

        try
        {
            return Utf8.GetString([.. line]);
        }
        catch (ArgumentException)
        {
            throw Bad("holds text that is not UTF-8");
        }
    }

    public WeightException Bad(string problem) => file.Bad($"the pickle {problem} (at byte {Position - begin})");
}
