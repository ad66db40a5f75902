using System.Text;

namespace Hummingbird.Vulkan.Engine.Tests.Conversion;

/// <summary>Damaged and lying pickles, tensors, archives and old files.</summary>
internal static partial class CheckpointCorpus
{
    private static IEnumerable<(string Name, byte[] Bytes, string Says)> Instructions()
    {
        yield return ("empty pickle", Archive([]).Bytes(), "ends within");
        yield return ("pickle without end", Archive([0x80, 2, (byte)'N']).Bytes(), "ends within");
        yield return ("nothing to return", Archive([0x80, 2, (byte)'.']).Bytes(), "no");
        yield return ("two values left", Zip(p => p.Op('N').Op('N')), "leaves");
        yield return ("mark left", Zip(p => p.Op('N').Op('(').Op('N')), "");
        yield return ("bytes behind the end", Archive([.. PickleText.Begin().Add(Good).Stop().Bytes, 0]).Bytes(), "goes on");
        yield return ("protocol 9", Archive([0x80, 9, (byte)'N', (byte)'.']).Bytes(), "protocol 9");
        yield return ("instruction DUP", Zip(p => p.Op('N').Op('2')), "0x32");
        yield return ("instruction of no protocol", Zip(p => p.Raw(0xff)), "0xff");
        yield return ("tuple of nothing", Zip(p => p.Raw(0x85)), "no");
        yield return ("group never begun", Zip(p => p.Op('t')), "never begun");
        yield return ("take across a mark", Zip(p => p.Op('N').Op('(').Raw(0x85)), "no");
        yield return ("memo never set", Zip(p => p.Op('h').Raw(7)), "never remembered");
        yield return ("memo of nothing", Archive([0x80, 2, (byte)'q', 0, (byte)'N', (byte)'.']).Bytes(), "no");
        yield return ("memo index no number", Zip(p => p.Op('g').Raw(Encoding.UTF8.GetBytes("x\n"))), "memo index");
        yield return ("append to a dictionary", Zip(p => p.Op('}').Op('N').Op('a')), "appends to");
        yield return ("append to a tuple", Zip(p => p.Op(')').Op('N').Op('a')), "appends to");
        yield return ("set item of a list", Zip(p => p.Op(']').Op('N').Op('N').Op('s')), "sets items of");
        yield return ("set item of a tensor", Zip(p => p.Tensor("0", 2, [2], [1]).Str("k").Op('N').Op('s')), "sets items of a tensor");
        yield return ("key without value", Zip(p => p.Op('}').Op('(').Str("k").Op('u')), "without a value");
        yield return ("dictionary as key", Zip(p => p.Op('}').Op('}').Op('N').Op('s')), "as a key");
        yield return ("build on a tensor", Zip(p => p.Tensor("0", 2, [2], [1]).Op('}').Op('b')), "sets the state of a tensor");
        yield return ("build on a list", Zip(p => p.Op(']').Op('}').Op('b')), "sets the state of a list");
        yield return ("build on a name", Zip(p => p.Global("collections", "OrderedDict").Op('}').Op('b')), "sets the state of");
        yield return ("call of a text", Zip(p => p.Str("os.system").Op(')').Op('R')), "calls a text");
        yield return ("call of a tensor", Zip(p => p.Tensor("0", 2, [2], [1]).Op(')').Op('R')), "calls a tensor");
        yield return ("call with a list", Zip(p => p.Global("collections", "OrderedDict").Op(']').Op('R')), "calls");
        yield return ("object of a text", Zip(p => p.Str("x").Op(')').Raw(0x81)), "makes an object of");
        yield return ("object of a storage type", Zip(p => p.Global("torch", "FloatStorage").Op(')').Raw(0x81)), "FloatStorage");
        yield return ("text longer than the file", Zip(p => p.Op('X').U32(1000).Raw(1)), "ends within");
        yield return ("text of 2 GB", Zip(p => p.Op('X').U32(0x7fffffff)), "at most");
        yield return ("text of 4 GB", Zip(p => p.Op('X').U32(0xffffffff)), "at most");
        yield return ("text of 2^64", Zip(p => p.Raw(0x8d, 255, 255, 255, 255, 255, 255, 255, 255)), "at most");
        yield return ("bytes of 2^63", Zip(p => p.Raw(0x8e, 0, 0, 0, 0, 0, 0, 0, 128)), "at most");
        yield return ("text not UTF-8", Zip(p => p.Op('X').U32(1).Raw(0xff)), "not UTF-8");
        yield return ("name not UTF-8", Zip(p => p.Op('c').Raw(0xff, 10, 0xff, 10)), "not UTF-8");
        yield return ("name without end", Archive([0x80, 2, (byte)'c', .. Enumerable.Repeat((byte)'a', 5000)]).Bytes(), "line of more than");
        yield return ("integer no number", Zip(p => p.Op('I').Raw(Encoding.UTF8.GetBytes("1x\n"))), "which is none");
        yield return ("long no number", Zip(p => p.Op('L').Raw(Encoding.UTF8.GetBytes("--1L\n"))), "which is none");
        yield return ("float no number", Zip(p => p.Op('F').Raw(Encoding.UTF8.GetBytes("one\n"))), "which is none");
        yield return ("4 GB integer", Zip(p => p.Raw(0x8b, 255, 255, 255, 127)), "0x8b");
        yield return ("nested marks", Archive([0x80, 2, .. Enumerable.Repeat((byte)'(', 5000), (byte)'N', (byte)'.']).Bytes(), "nested");
        yield return ("list bomb", Archive([0x80, 2, .. Enumerable.Repeat((byte)']', 1_200_000), (byte)'.']).Bytes(), "more than");
        yield return ("stack bomb", Archive([0x80, 2, .. Enumerable.Repeat((byte)'N', 1_200_000), (byte)'.']).Bytes(), "stacks more");
        yield return ("endless instructions", Archive([0x80, 2, (byte)'N', .. Enumerable.Repeat((byte[])[(byte)'N', (byte)'0'], 2_600_000).SelectMany(b => b), (byte)'.']).Bytes(), "more than 5000000 instructions");
        yield return ("doubling", Zip(Doubling), "nested into more than");
        yield return ("dictionary within itself", Zip(p => p.Op('}').Op('q').Raw(0).Str("a").Op('h').Raw(0).Op('s')), "deep");
        yield return ("module within itself", Zip(p => p.Global("some.package", "Net").Op(')').Raw(0x81).Op('q').Raw(0)
            .Dict(("_parameters", t => t.Dict()), ("_modules", t => t.Dict(("self", s => s.Op('h').Raw(0))))).Op('b')), "deep");
        yield return ("tensors nested very deep", Zip(p => Nest(p, 300)), "deep");
    }

    /// <summary>d0 = {a: tensor}; d(i+1) = {a: d(i), b: d(i)}: 2^30 tensors in a few hundred bytes.</summary>
    private static void Doubling(PickleText p)
    {
        p.Dict(("a", t => t.Dict()), ("b", t => t.Dict())).Op('q').Raw(0);
        for (byte i = 0; i < 40; i++)
        {
            byte previous = i, next = (byte)(i + 1);
            p.Op('0').Dict(("a", t => t.Op('h').Raw(previous)), ("b", t => t.Op('h').Raw(previous))).Op('q').Raw(next);
        }
    }

    private static void Nest(PickleText p, int depth)
    {
        for (int i = 0; i < depth; i++)
            p.Op('}').Str("a");
        p.Tensor("0", 2, [2], [1]);
        for (int i = 0; i < depth; i++)
            p.Op('s');
    }

    private static IEnumerable<(string Name, byte[] Bytes, string Says)> Tensors()
    {
        static byte[] One(Action<PickleText> tensor) => Zip(p => p.Dict(("a", tensor)));
        yield return ("shape beyond the storage", One(t => t.Tensor("0", 2, [3], [1])), "reaches to element");
        yield return ("offset beyond the storage", One(t => t.Tensor("0", 2, [2], [1], offset: 1)), "reaches to element");
        yield return ("offset of 2^62", One(t => t.Tensor("0", 2, [1], [1], offset: 1L << 62)), "reaches to element");
        yield return ("stride beyond the storage", One(t => t.Tensor("0", 2, [2], [5])), "reaches to element");
        yield return ("empty tensor beyond the storage", One(t => t.Tensor("0", 2, [0], [1], offset: 3)), "reaches to element");
        yield return ("stride 0 bomb", One(t => t.Tensor("0", 2, [1L << 40], [0])), "may be repeated");
        yield return ("stride 0 bomb of two dimensions", One(t => t.Tensor("0", 2, [1 << 20, 1 << 20], [0, 0])), "may be repeated");
        yield return ("elements wrap", One(t => t.Tensor("0", 2, [1L << 32, 1L << 32], [0, 0])), "63 bits");
        yield return ("elements wrap to zero dims", One(t => t.Tensor("0", 2, [1L << 62, 4, 0], [1, 1, 1])), "63 bits");
        yield return ("stride wraps", One(t => t.Tensor("0", 2, [3], [long.MaxValue])), "63 bits");
        yield return ("negative shape", One(t => t.Tensor("0", 2, [-2], [1])), "shape");
        yield return ("negative stride", One(t => t.Tensor("0", 2, [2], [-1])), "strides");
        yield return ("negative offset", One(t => t.Tensor("0", 2, [2], [1], offset: -1)), "offset");
        yield return ("more strides than dimensions", One(t => t.Tensor("0", 2, [2], [1, 1])), "strides");
        yield return ("rank 17", One(t => t.Tensor("0", 2, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1])), "17 dimensions");
        yield return ("storage not there", One(t => t.Tensor("7", 2, [2], [1])), "not in the archive");
        yield return ("storage name leads out", One(t => t.Tensor("../../0", 2, [2], [1])), "not in the archive");
        yield return ("storage said larger", One(t => t.Tensor("0", 3, [3], [1])), "3 elements");
        yield return ("storage said smaller", One(t => t.Tensor("0", 1, [1], [1])), "1 elements");
        yield return ("storage of another type", One(t => t.Tensor("0", 2, [2], [1], type: "HalfStorage")), "of 2 bytes");
        yield return ("storage size wraps", One(t => t.Tensor("0", (1L << 62) + 2, [2], [1])), "elements");
        yield return ("storage size negative", One(t => t.Tensor("0", -2, [2], [1])), "-2 elements");
        yield return ("complex storage", One(t => t.Tensor("0", 1, [1], [1], type: "ComplexFloatStorage")), "ComplexFloatStorage");
        yield return ("quantised storage", One(t => t.Tensor("0", 8, [8], [1], type: "QInt8Storage")), "QInt8Storage");
        yield return ("storage type unknown", One(t => t.Tensor("0", 8, [8], [1], type: "EvilStorage")), "EvilStorage");
        yield return ("tensor of a text", One(t => t.Global("torch._utils", "_rebuild_tensor_v2").Op('(').Str("0").Int(0).Tuple(2).Tuple(1).Raw(0x89).Op('N').Op('t').Op('R')), "makes a tensor of a text");
        yield return ("tensor of too few values", One(t => t.Global("torch._utils", "_rebuild_tensor_v2").Op('(').Storage("0", 2).Op('t').Op('R')), "do not fit");
        yield return ("shape a number", One(t => t.Global("torch._utils", "_rebuild_tensor_v2").Op('(').Storage("0", 2).Int(0).Int(2).Tuple(1).Raw(0x89).Op('N').Op('t').Op('R')), "shape");
        yield return ("shape of floats", One(t => t.Global("torch._utils", "_rebuild_tensor_v2").Op('(').Storage("0", 2).Int(0).Op('(').Op('G').Raw(64, 0, 0, 0, 0, 0, 0, 0).Op('t').Tuple(1).Raw(0x89).Op('N').Op('t').Op('R')), "shape");
        yield return ("parameter of a text", One(t => t.Global("torch._utils", "_rebuild_parameter").Op('(').Str("x").Raw(0x88).Op('N').Op('t').Op('R')), "do not fit");
        yield return ("typed by a call", One(t => t.Global("torch._tensor", "_rebuild_from_type_v2").Op('(').Global("torch._utils", "_rebuild_parameter_with_state").Global("torch", "Tensor").Op(')').Op('}').Op('t').Op('R')), "do not fit");
        yield return ("reference that is no tuple", Zip(p => p.Str("storage").Op('Q')), "outside itself");
        yield return ("reference to something else", Zip(p => p.Op('(').Str("file").Str("/etc/passwd").Op('t').Op('Q')), "no storage");
        yield return ("reference with a number as key", Zip(p => p.Op('(').Str("storage").Global("torch", "FloatStorage").Int(0).Str("cpu").Int(2).Op('t').Op('Q')), "no storage");
        yield return ("dictionary of a text", Zip(p => p.Global("collections", "OrderedDict").Op('(').Str("ab").Op('t').Op('R')), "list of pairs");
        yield return ("dictionary of triples", Zip(p => p.Global("collections", "OrderedDict").Op('(').Op(']').Tuple(1, 2, 3).Op('a').Op('t').Op('R')), "list of pairs");
        yield return ("name too long", Zip(p => p.Dict((new string('n', 2000), t => t.Tensor("0", 2, [2], [1])))), "deep");
        yield return ("one name twice by nesting", Zip(p => p.Dict(("a.b", t => t.Tensor("0", 2, [2], [1])), ("a", t => t.Dict(("b", u => u.Tensor("0", 2, [2], [1])))))), "two tensors named");
    }

    private static IEnumerable<(string Name, byte[] Bytes, string Says)> Archives()
    {
        ZipText good = Archive(Good);
        ZipMember pickle = good.Members[0], storage = good.Members[1];
        ZipText With(ZipMember changed, params ZipMember[] more) => new([pickle, changed, .. more]);
        byte[] whole = good.Bytes();
        yield return ("cut in the middle", whole[..(whole.Length / 2)], "no directory");
        yield return ("cut by one byte", whole[..^1], "no directory");
        yield return ("only the first header", whole[..30], "no directory");
        yield return ("something follows", [.. whole, 0], "no directory");
        yield return ("comment longer than said", (good with { Comment = "hi"u8.ToArray(), Suffix = "x"u8.ToArray() }).Bytes(), "no directory");
        yield return ("data before the archive", (good with { Prefix = "PK\u0003\u0004xxxx"u8.ToArray(), DirectoryPosition = 0 }).Bytes(), "zip directory");
        yield return ("wrong checksum of the pickle", new ZipText(pickle with { Crc = 1 }, storage).Bytes(), "checksum");
        yield return ("encrypted", With(storage with { Flags = 1 }).Bytes(), "encrypted");
        yield return ("strongly encrypted", With(storage with { Flags = 1 << 6 }).Bytes(), "encrypted");
        yield return ("deflated", With(storage with { Method = 8 }).Bytes(), "compressed");
        yield return ("method 99", With(storage with { Method = 99 }).Bytes(), "compressed");
        yield return ("another method in front", With(storage with { LocalMethod = 8 }).Bytes(), "method");
        yield return ("encrypted in front only", With(storage with { LocalFlags = 1 }).Bytes(), "in front");
        yield return ("another name in front", With(storage with { LocalName = "m/data/1" }).Bytes(), "another name");
        yield return ("longer name in front", With(storage with { LocalName = "m/data/00" }).Bytes(), "name");
        yield return ("another size in front", With(storage with { LocalSize = 4 }).Bytes(), "another size");
        yield return ("another checksum in front", With(storage with { LocalCrc = 1 }).Bytes(), "checksum");
        yield return ("same member twice", With(storage, storage).Bytes(), "two members named");
        yield return ("two members on one range", With(storage, new ZipMember("m/data/0", TwoFloats) { Position = 0 }).Bytes(), "");
        yield return ("size 4294967280", With(storage with { Size = 4294967280, Packed = 4294967280 }).Bytes(), "does not fit");
        yield return ("size one too large", With(storage with { Size = 9 }).Bytes(), "");
        yield return ("packed size differs", With(storage with { Packed = 7 }).Bytes(), "is stored");
        yield return ("size needs zip64", With(storage with { Size = uint.MaxValue, Packed = uint.MaxValue }).Bytes(), "zip64");
        yield return ("zip64 size 2^63", With(storage with { Size = uint.MaxValue, Packed = uint.MaxValue, Extra = [1, 0, 16, 0, .. ZipText.U64(1UL << 63), .. ZipText.U64(1UL << 63)] }).Bytes(), "63 bits");
        yield return ("zip64 size 2^62", With(storage with { Size = uint.MaxValue, Packed = uint.MaxValue, Extra = [1, 0, 16, 0, .. ZipText.U64(1UL << 62), .. ZipText.U64(1UL << 62)] }).Bytes(), "does not fit");
        yield return ("zip64 field cut", With(storage with { Size = uint.MaxValue, Packed = uint.MaxValue, Extra = [1, 0, 4, 0, 1, 2, 3, 4] }).Bytes(), "zip64");
        yield return ("extra field longer than itself", With(storage with { Size = uint.MaxValue, Packed = uint.MaxValue, Extra = [9, 0, 99, 0] }).Bytes(), "extra field");
        yield return ("member at the end of the file", With(storage with { Position = 0x7fffffff }).Bytes(), "said to lie");
        yield return ("member within another", With(storage with { Position = 3 }).Bytes(), "no header");
        yield return ("name leads out", With(storage, new ZipMember("../evil", TwoFloats)).Bytes(), "no name inside");
        yield return ("name leads out in the middle", With(storage, new ZipMember("m/../../evil", TwoFloats)).Bytes(), "no name inside");
        yield return ("absolute name", With(storage, new ZipMember("/etc/passwd", TwoFloats)).Bytes(), "no name inside");
        yield return ("name with a backslash", With(storage, new ZipMember("m\\data\\1", TwoFloats)).Bytes(), "no name inside");
        yield return ("name with a drive", With(storage, new ZipMember("C:evil", TwoFloats)).Bytes(), "no name inside");
        yield return ("name with NUL", With(storage, new ZipMember("m/a\0b", TwoFloats)).Bytes(), "no name inside");
        yield return ("member name not UTF-8", With(storage, new ZipMember("x", TwoFloats) { RawName = [0xff, 0xfe] }).Bytes(), "not UTF-8");
        yield return ("empty name", With(storage, new ZipMember("", TwoFloats)).Bytes(), "0 bytes");
        yield return ("name of 2000 bytes", With(storage, new ZipMember(new string('a', 2000), TwoFloats)).Bytes(), "2000 bytes");
        yield return ("second disk", (good with { Disk = 1 }).Bytes(), "one part");
        yield return ("member on a second disk", With(storage with { Disk = 1 }).Bytes(), "one part");
        yield return ("count too large", (good with { Count = 9 }).Bytes(), "");
        yield return ("count too small", (good with { Count = 1 }).Bytes(), "of which its");
        yield return ("count zero", (good with { Count = 0 }).Bytes(), "of which its");
        yield return ("directory size too large", (good with { DirectorySize = 100_000 }).Bytes(), "zip directory");
        yield return ("directory size zero", (good with { DirectorySize = 0 }).Bytes(), "");
        yield return ("directory position beyond the file", (good with { DirectoryPosition = 0x7fffffff }).Bytes(), "zip directory");
        yield return ("directory position needs zip64", (good with { DirectoryPosition = uint.MaxValue }).Bytes(), "zip64");
        yield return ("zip64 record damaged", (good with { HasZip64 = true, Spoil64 = r => r[0] = 0 }).Bytes(), "zip64");
        yield return ("zip64 record disagrees", (good with { HasZip64 = true, Spoil64 = r => r[32] = 9 }).Bytes(), "");
        yield return ("zip64 position 2^63", (good with { HasZip64 = true, Spoil64 = r => r[55] = 0x80 }).Bytes(), "63 bits");
        yield return ("zip64 locator points elsewhere", (good with { HasZip64 = true, Spoil64 = r => r[64] ^= 1 }).Bytes(), "locator");
        yield return ("directory header damaged", Damage(whole, "PK\u0001\u0002"u8), "damaged zip directory");
        yield return ("member header damaged", Damage(whole, [.. "PK\u0003\u0004"u8], skip: 1), "no header");
    }

    private static byte[] Damage(byte[] bytes, ReadOnlySpan<byte> signature, int skip = 0)
    {
        byte[] copy = [.. bytes];
        int at = -1;
        for (int i = 0; i <= skip; i++)
            at = at + 1 + copy.AsSpan(at + 1).IndexOf(signature);
        copy[at] = (byte)'X';
        return copy;
    }

    private static IEnumerable<(string Name, byte[] Bytes, string Says)> Legacy()
    {
        byte[] whole = LegacyFile(Good);
        yield return ("old: other pickle", PickleText.Begin().Str("hello").Stop().Bytes, "magic number");
        yield return ("old: only the magic number", whole[..15], "ends within");
        yield return ("old: version 1000", LegacyFile(Good, version: 1000), "unknown version");
        yield return ("old: big-endian", LegacyFile(Good, littleEndian: false), "big-endian");
        yield return ("old: cut in the values", whole[..^1], "cut short");
        yield return ("old: cut in the count", whole[..^12], "cut short");
        yield return ("old: no storages behind", LegacyFile(Good, tail: []), "cut short");
        yield return ("old: bytes behind", [.. whole, 0], "behind its last storage");
        yield return ("old: count differs", LegacyFile(Good, tail: [.. Count(1), .. TwoFloats]), "follow");
        yield return ("old: count negative", LegacyFile(Good, tail: [.. Count(-2), .. TwoFloats]), "follow");
        yield return ("old: storage not listed", LegacyFile(Good, keys: [], tail: []), "not in the file");
        yield return ("old: storage of nobody", LegacyFile(Good, keys: ["9"]), "no tensor refers to");
        yield return ("old: storage listed twice", LegacyFile(Good, keys: ["0", "0"], tail: [.. Count(2), .. TwoFloats, .. Count(2), .. TwoFloats]), "twice");
        yield return ("old: storage described twice", LegacyFile(p => p.Dict(("a", t => t.Tensor("0", 2, [2], [1])), ("b", t => t.Tensor("0", 1, [1], [1])))), "two ways");
        yield return ("old: storage larger than the file", LegacyFile(p => p.Dict(("a", t => t.Tensor("0", 1L << 40, [2], [1])))), "more than the file holds");
        yield return ("old: os.system", LegacyFile(p => p.Global("os", "system").Op('(').Str("true").Op('t').Op('R')), "os.system");
        yield return ("old: reference in the list of keys", [.. LegacyFile(Good)[..15], .. PickleText.Begin().Storage("0", 2).Stop().Bytes], "");
        yield return ("old: view of a storage", LegacyFile(p => p.Global("torch._utils", "_rebuild_tensor_v2").Op('(').Op('(').Str("storage").Global("torch", "FloatStorage").Str("0").Str("cpu").Int(2)
            .Op('(').Str("v").Int(0).Int(1).Op('t').Op('t').Op('Q').Int(0).Tuple(1).Tuple(1).Raw(0x89).Op('N').Op('t').Op('R')), "no whole storage");
    }
}
