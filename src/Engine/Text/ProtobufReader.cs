using System.Buffers.Binary;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Engine.Text;

/// <summary>Walks the fields of one protocol buffers message.</summary>
/// <remarks>Source: the wire format of protobuf.dev's encoding guide. Groups, which nothing here uses, are refused.</remarks>
/// <param name="bytes">The message.</param>
/// <param name="file">What messages call its file.</param>
internal ref struct ProtobufReader(ReadOnlySpan<byte> bytes, string file)
{
    private const int VarintType = 0, Fixed64Type = 1, BytesType = 2, Fixed32Type = 5;

    private ReadOnlySpan<byte> rest = bytes;
    private int type;
    private ulong number;
    private ReadOnlySpan<byte> payload;

    /// <summary>Number of the current field.</summary>
    public int Field { get; private set; }

    /// <summary>Goes to the next field; false at the end.</summary>
    public bool Next()
    {
        if (rest.IsEmpty)
            return false;
        ulong key = Varint();
        (Field, type) = ((int)Math.Min(key >> 3, int.MaxValue), (int)(key & 7));
        number = type == VarintType ? Varint() : 0;
        payload = type switch
        {
            VarintType => default,
            Fixed64Type => Take(8),
            BytesType => Take(Varint()),
            Fixed32Type => Take(4),
            _ => throw Bad($"has a field of wire type {type}"),
        };
        return true;
    }

    /// <summary>The current field's bytes: a string, bytes or a message.</summary>
    public readonly ReadOnlySpan<byte> Bytes => type == BytesType ? payload : throw Bad($"has no bytes in field {Field}");

    public readonly long Integer => type == VarintType ? (long)number : throw Bad($"has no integer in field {Field}");

    public readonly bool Boolean => Integer != 0;

    public readonly float Single => type == Fixed32Type ? BinaryPrimitives.ReadSingleLittleEndian(payload) : throw Bad($"has no number in field {Field}");

    private readonly WeightException Bad(string problem) => WeightException.In(file, $"is no SentencePiece model: it {problem}.");

    private ulong Varint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte next = Take(1)[0];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }

        throw Bad("has a number of more than ten bytes");
    }

    private ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)rest.Length)
            throw Bad($"ends {count - (ulong)rest.Length} bytes too early");
        ReadOnlySpan<byte> taken = rest[..(int)count];
        rest = rest[(int)count..];
        return taken;
    }
}
