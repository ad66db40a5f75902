using System.Buffers.Binary;
using System.Text;

namespace Hummingbird.Vulkan.Engine.Tests.Conversion;

/// <summary>Writes pickles instruction by instruction, so that a test can write what Python's own pickler would not.</summary>
internal sealed class PickleText
{
    private readonly List<byte> bytes = [];

    public byte[] Bytes => [.. bytes];

    public static PickleText Begin(byte protocol = 2) => new PickleText().Raw(0x80, protocol);

    public PickleText Raw(params ReadOnlySpan<byte> code)
    {
        bytes.AddRange(code);
        return this;
    }

    public PickleText Op(char code) => Raw((byte)code);

    public PickleText Global(string module, string name) => Op('c').Raw(Encoding.UTF8.GetBytes($"{module}\n{name}\n"));

    public PickleText Str(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        return Op('X').U32((uint)utf8.Length).Raw(utf8);
    }

    public PickleText Int(long value)
    {
        if (value is >= int.MinValue and <= int.MaxValue)
            return Op('J').U32((uint)(int)value);
        Span<byte> eight = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(eight, value);
        return Raw(0x8a, 8).Raw(eight);
    }

    public PickleText U32(uint value)
    {
        Span<byte> four = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(four, value);
        return Raw(four);
    }

    public PickleText Add(Action<PickleText> part)
    {
        part(this);
        return this;
    }

    public PickleText Tuple(params ReadOnlySpan<long> values)
    {
        Op('(');
        foreach (long value in values)
            Int(value);
        return Op('t');
    }

    public PickleText Storage(string key, long count, string type = "FloatStorage", string module = "torch") =>
        Op('(').Str("storage").Global(module, type).Str(key).Str("cpu").Int(count).Op('t').Op('Q');

    /// <summary>torch._utils._rebuild_tensor_v2(storage, offset, shape, strides, False, OrderedDict()).</summary>
    public PickleText Tensor(string key, long count, ReadOnlySpan<long> shape, ReadOnlySpan<long> strides, long offset = 0, string type = "FloatStorage")
    {
        Global("torch._utils", "_rebuild_tensor_v2").Op('(').Storage(key, count, type).Int(offset).Tuple(shape).Tuple(strides);
        return Raw(0x89).Global("collections", "OrderedDict").Op(')').Op('R').Op('t').Op('R');
    }

    /// <summary>A dictionary of parts that each write one value.</summary>
    public PickleText Dict(params ReadOnlySpan<(string Key, Action<PickleText> Value)> items)
    {
        Op('}').Op('(');
        foreach ((string key, Action<PickleText> value) in items)
            Str(key).Add(value);
        return Op('u');
    }

    public PickleText Stop() => Op('.');
}
