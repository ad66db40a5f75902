using System.Text;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.WeightsConverter.Checkpoints;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Conversion;

/// <summary>Odd but valid checkpoints, each with the tensors it must give.</summary>
public sealed class ValidCheckpoints
{
    private static readonly byte[] One = CheckpointCorpus.TwoFloats[..4], Two = CheckpointCorpus.TwoFloats[4..], Both = CheckpointCorpus.TwoFloats;

    private static readonly Dictionary<string, (byte[] File, (string Name, string Shape, byte[] Values)[] Tensors)> Cases = All().ToDictionary(c => c.Name, c => (c.File, c.Tensors));

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Fact]
    public void There_are_enough() => Assert.True(Cases.Count >= 50, $"{Cases.Count} cases");

    [Theory]
    [MemberData(nameof(Names))]
    public void An_odd_checkpoint_gives_its_exact_tensors(string name)
    {
        (byte[] file, (string Name, string Shape, byte[] Values)[] expected) = Cases[name];
        using Checkpoint checkpoint = Checkpoint.Open(file, "file.pt");
        Assert.Equal(expected.Select(e => e.Name).Order(), checkpoint.Tensors.Keys.Order());
        foreach ((string tensorName, string shape, byte[] values) in expected)
        {
            SourceTensor tensor = checkpoint.Tensors[tensorName];
            byte[] found = new byte[tensor.SizeInBytes];
            tensor.Read(found, 0);
            Assert.Equal(shape, $"{tensor.Type} {string.Join(',', tensor.Shape)}");
            Assert.Equal(values, found);
        }
    }

    private static IEnumerable<(string Name, byte[] File, (string Name, string Shape, byte[] Values)[] Tensors)> All() => [.. Views(), .. Wrappers(), .. Instructions(), .. Files(), .. Types()];

    private static (string, byte[], (string, string, byte[])[]) A(string name, Action<PickleText> root, params (string, string, byte[])[] tensors) => (name, CheckpointCorpus.Zip(root), tensors);

    private static void T(PickleText p) => p.Tensor("0", 2, [2], [1]);

    private static IEnumerable<(string Name, byte[] File, (string Name, string Shape, byte[] Values)[] Tensors)> Views()
    {
        yield return A("contiguous", p => p.Dict(("a", T)), ("a", "F32 2", Both));
        yield return A("scalar", p => p.Dict(("a", t => t.Tensor("0", 2, [], []))), ("a", "F32 ", One));
        yield return A("scalar with offset", p => p.Dict(("a", t => t.Tensor("0", 2, [], [], offset: 1))), ("a", "F32 ", Two));
        yield return A("offset", p => p.Dict(("a", t => t.Tensor("0", 2, [1], [1], offset: 1))), ("a", "F32 1", Two));
        yield return A("two views of one storage", p => p.Dict(("a", t => t.Tensor("0", 2, [1], [1])), ("b", t => t.Tensor("0", 2, [1], [1], offset: 1))), ("a", "F32 1", One), ("b", "F32 1", Two));
        yield return A("one tensor under two names", p => p.Dict(("a", t => t.Tensor("0", 2, [2], [1]).Op('q').Raw(0)), ("b", t => t.Op('h').Raw(0))), ("a", "F32 2", Both), ("b", "F32 2", Both));
        yield return A("repeated by stride 0", p => p.Dict(("a", t => t.Tensor("0", 2, [2, 2], [0, 1]))), ("a", "F32 2,2", [.. Both, .. Both]));
        yield return A("repeated within", p => p.Dict(("a", t => t.Tensor("0", 2, [2, 2], [1, 0]))), ("a", "F32 2,2", [.. One, .. One, .. Two, .. Two]));
        yield return A("transposed", p => p.Dict(("a", t => t.Tensor("0", 2, [1, 2], [1, 1]))), ("a", "F32 1,2", Both));
        yield return A("any stride where the dimension is 1", p => p.Dict(("a", t => t.Tensor("0", 2, [1, 2], [99, 1]))), ("a", "F32 1,2", Both));
        yield return A("empty", p => p.Dict(("a", t => t.Tensor("0", 2, [0], [1]))), ("a", "F32 0", []));
        yield return A("empty at the end of its storage", p => p.Dict(("a", t => t.Tensor("0", 2, [0], [1], offset: 2))), ("a", "F32 0", []));
        yield return A("empty in the middle", p => p.Dict(("a", t => t.Tensor("0", 2, [3, 0, 5], [1, 1, 1]))), ("a", "F32 3,0,5", []));
        yield return A("rank 16", p => p.Dict(("a", t => t.Tensor("0", 2, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2], [2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1]))), ("a", "F32 1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,2", Both));
    }

    private static IEnumerable<(string Name, byte[] File, (string Name, string Shape, byte[] Values)[] Tensors)> Wrappers()
    {
        (string, string, byte[]) a = ("a", "F32 2", Both);
        foreach (string wrapper in (string[])["state_dict", "module", "params_ema", "params", "model"])
            yield return A($"inside {wrapper}", p => p.Dict(("epoch", t => t.Int(3)), (wrapper, t => t.Dict(("a", T)))), a);
        yield return A("params_ema before params", p => p.Dict(("params", t => t.Dict(("b", T))), ("params_ema", t => t.Dict(("a", T)))), a);
        yield return A("DeepSpeed's prefix", p => p.Dict(("module", t => t.Dict(("_forward_module.a", T)))), a);
        yield return A("DataParallel's prefix", p => p.Dict(("module.a", T)), a);
        yield return A("a prefix that only some have", p => p.Dict(("module.a", T), ("b", T)), ("module.a", "F32 2", Both), ("b", "F32 2", Both));
        yield return A("nested dictionaries", p => p.Dict(("x", t => t.Dict(("y", u => u.Dict(("a", T)))))), ("x.y.a", "F32 2", Both));
        yield return A("list", p => p.Op(']').Add(T).Op('a').Add(T).Op('a'), ("0", "F32 2", Both), ("1", "F32 2", Both));
        yield return A("tuple", p => p.Op('(').Add(T).Op('t'), ("0", "F32 2", Both));
        yield return A("a tensor alone", T, ("tensor", "F32 2", Both));
        yield return A("number as key", p => p.Op('}').Int(7).Add(T).Op('s'), ("7", "F32 2", Both));
        yield return A("numbers and texts beside", p => p.Dict(("a", T), ("n", t => t.Int(1)), ("s", t => t.Str("x")), ("z", t => t.Op('N'))), a);
        yield return A("whole module", p => CheckpointCorpus.Module(p, t => t.Op('N')), ("weight", "F32 2", Both));
        yield return A("whole module with a bound method", p => CheckpointCorpus.Module(p, t => t.Global("__builtin__", "getattr").Op('(').Str("self").Str("forward").Op('t').Op('R')), ("weight", "F32 2", Both));
        yield return A("whole module with a partial", p => CheckpointCorpus.Module(p, t => t.Global("functools", "partial").Op('(').Global("torch.nn", "LayerNorm").Op('t').Op('R')), ("weight", "F32 2", Both));
        yield return A("whole module with a foreign object", p => CheckpointCorpus.Module(p, t => t.Global("omegaconf.dictconfig", "DictConfig").Op(')').Raw(0x81).Op('}').Op('b')), ("weight", "F32 2", Both));
        yield return A("whole module with typing", p => CheckpointCorpus.Module(p, t => t.Global("typing", "Any")), ("weight", "F32 2", Both));
        yield return A("whole module with an enumeration", p => CheckpointCorpus.Module(p, t => t.Global("some.package", "Mode").Op('(').Str("train").Op('t').Op('R')), ("weight", "F32 2", Both));
        yield return A("whole module in a dictionary", p => p.Dict(("model", t => CheckpointCorpus.Module(t, u => u.Op('N')))), ("weight", "F32 2", Both));
        yield return A("whole module with transient and null entries", p => p.Global("some.package", "Net").Op(')').Raw(0x81).Dict(
            ("_parameters", t => t.Dict(("bias", u => u.Op('N')))), ("_buffers", t => t.Dict(("mask", T), ("a", T))), ("_modules", t => t.Dict()),
            ("_non_persistent_buffers_set", t => t.Global("__builtin__", "set").Op('(').Op(']').Str("mask").Op('a').Op('t').Op('R'))).Op('b'), a);
        yield return A("Lightning's mention of a callback", p => p.Dict(("callbacks", t => t.Op('}').Global("pytorch_lightning.callbacks.model_checkpoint", "ModelCheckpoint").Op('}').Op('s')), ("state_dict", t => t.Dict(("a", T)))), a);
        yield return A("NumPy scalar beside", p => p.Dict(("score", t => t.Global("numpy.core.multiarray", "scalar").Op('(').Str("x").Op('t').Op('R')), ("state_dict", t => t.Dict(("a", T)))), a);
    }

    private static IEnumerable<(string Name, byte[] File, (string Name, string Shape, byte[] Values)[] Tensors)> Instructions()
    {
        (string, string, byte[]) a = ("a", "F32 2", Both);
        yield return A("OrderedDict by call", p => p.Global("collections", "OrderedDict").Op(')').Op('R').Str("a").Add(T).Op('s'), a);
        yield return A("OrderedDict of pairs", p => p.Global("collections", "OrderedDict").Op('(').Op(']').Op('(').Str("a").Add(T).Op('t').Op('a').Op('t').Op('R'), a);
        yield return A("OrderedDict with state", p => p.Global("collections", "OrderedDict").Op(')').Op('R').Str("a").Add(T).Op('s').Dict(("_metadata", t => t.Dict())).Op('b'), a);
        yield return A("OrderedDict by NEWOBJ", p => p.Global("collections", "OrderedDict").Op(')').Raw(0x81).Str("a").Add(T).Op('s'), a);
        yield return A("parameter", p => p.Dict(("a", t => t.Global("torch._utils", "_rebuild_parameter").Op('(').Add(T).Raw(0x88).Op('N').Op('t').Op('R'))), a);
        yield return A("rebuild of old", p => p.Dict(("a", t => t.Global("torch._utils", "_rebuild_tensor").Op('(').Storage("0", 2).Int(0).Tuple(2).Tuple(1).Op('t').Op('R'))), a);
        yield return A("shape as torch.Size", p => p.Dict(("a", t => t.Global("torch._utils", "_rebuild_tensor_v2").Op('(').Storage("0", 2).Int(0).Global("torch", "Size").Op('(').Tuple(2).Op('t').Op('R').Tuple(1).Raw(0x89).Op('N').Op('t').Op('R'))), a);
        yield return A("untyped storage", p => p.Dict(("a", t => t.Global("torch._utils", "_rebuild_tensor_v3").Op('(').Storage("0", 8, "UntypedStorage", "torch.storage").Int(0).Tuple(2).Tuple(1).Raw(0x89).Op('N').Global("torch", "float32").Op('t').Op('R'))), a);
        yield return A("key overwritten", p => p.Dict(("a", t => t.Int(1)), ("a", T)), a);
        yield return A("memo of protocol 4", p => p.Dict(("a", t => t.Tensor("0", 2, [2], [1]).Raw(0x94)), ("b", t => t.Op('h').Raw(0))), a, ("b", "F32 2", Both));
        yield return A("frame of protocol 4", p => p.Raw(0x95, 255, 0, 0, 0, 0, 0, 0, 0).Dict(("a", T)), a);
        yield return A("value made and dropped", p => p.Op('N').Op('0').Dict(("a", T)), a);
        yield return A("numbers of every kind", p => p.Dict(("a", T), ("n", t => t.Op('(').Op('K').Raw(1).Op('M').Raw(1, 2).Op('I').Raw(Encoding.UTF8.GetBytes("12\n")).Op('I').Raw(Encoding.UTF8.GetBytes("01\n"))
            .Op('L').Raw(Encoding.UTF8.GetBytes("99999999999999999999L\n")).Op('F').Raw(Encoding.UTF8.GetBytes("1.5e3\n")).Raw(0x8a, 1, 0xff).Op('t'))), a);
    }

    private static IEnumerable<(string Name, byte[] File, (string Name, string Shape, byte[] Values)[] Tensors)> Files()
    {
        ZipText good = CheckpointCorpus.Archive(CheckpointCorpus.Good);
        (string, string, byte[])[] a = [("a", "F32 2", Both)];
        yield return ("zip64", (good with { HasZip64 = true }).Bytes(), a);
        yield return ("zip with a comment", (good with { Comment = "made by a test"u8.ToArray() }).Bytes(), a);
        yield return ("zip with sizes behind the contents", new ZipText([.. good.Members.Select(m => m with { LocalFlags = 0x808, Flags = 0x808, LocalCrc = 0, LocalSize = 0 })]).Bytes(), a);
        yield return ("zip with padding", new ZipText([.. good.Members.Select(m => m with { LocalExtra = [0x46, 0x42, 9, 0, .. "ZZZZZZZZZ"u8] })]).Bytes(), a);
        yield return ("little-endian said", new ZipText([.. good.Members, new ZipMember("m/byteorder", "little"u8.ToArray())]).Bytes(), a);
        yield return ("pickle at the root", new ZipText(good.Members[0] with { Name = "data.pkl", RawName = "data.pkl"u8.ToArray() }, good.Members[1] with { RawName = "data/0"u8.ToArray(), Name = "data/0" }).Bytes(), a);
        yield return ("old file", CheckpointCorpus.LegacyFile(CheckpointCorpus.Good), a);
        yield return ("old file with a whole module", CheckpointCorpus.LegacyFile(p => CheckpointCorpus.Module(p, t => t.Op('N'))), [("weight", "F32 2", Both)]);
        yield return ("safetensors", [2 + 60, 0, 0, 0, 0, 0, 0, 0, .. Encoding.UTF8.GetBytes("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}".PadRight(62)), .. Both], a);
    }

    private static IEnumerable<(string Name, byte[] File, (string Name, string Shape, byte[] Values)[] Tensors)> Types()
    {
        foreach ((string storage, WeightType type) in (IEnumerable<(string, WeightType)>)[("DoubleStorage", WeightType.F64), ("HalfStorage", WeightType.F16), ("BFloat16Storage", WeightType.BF16),
            ("ByteStorage", WeightType.U8), ("CharStorage", WeightType.I8), ("ShortStorage", WeightType.I16), ("IntStorage", WeightType.I32), ("LongStorage", WeightType.I64), ("BoolStorage", WeightType.Bool)])
        {
            long count = 8 / type.SizeInBytes();
            yield return A(storage, p => p.Dict(("a", t => t.Tensor("0", count, [count], [1], type: storage))), ("a", $"{type} {count}", Both));
        }
    }
}
