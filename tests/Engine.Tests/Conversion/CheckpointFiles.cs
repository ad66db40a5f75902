using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Engine.Tests.Conversion;

/// <summary>Writes weights in the forms torch.save has: zip and old, state dictionaries, lists, whole modules.</summary>
internal static class CheckpointFiles
{
    public static byte[] Zip(Action<PickleText> root, IReadOnlyList<(string Name, WeightType Type, long[] Shape, byte[] Values)> tensors) =>
        new ZipText([new ZipMember("m/data.pkl", PickleText.Begin().Add(root).Stop().Bytes), .. tensors.Select((t, i) => new ZipMember($"m/data/{i}", t.Values))]).Bytes();

    public static byte[] Legacy(IReadOnlyList<(string Name, WeightType Type, long[] Shape, byte[] Values)> tensors) => CheckpointCorpus.LegacyFile(
        p => StateDict(p, tensors),
        [.. tensors.SelectMany(t => (byte[])[.. CheckpointCorpus.Count(t.Values.Length / t.Type.SizeInBytes()), .. t.Values])],
        [.. Enumerable.Range(0, tensors.Count).Select(i => i.ToString())]);

    public static void StateDict(PickleText p, IReadOnlyList<(string Name, WeightType Type, long[] Shape, byte[] Values)> tensors)
    {
        p.Global("collections", "OrderedDict").Op(')').Op('R').Op('(');
        for (int i = 0; i < tensors.Count; i++)
        {
            p.Str(tensors[i].Name);
            Tensor(p, i, tensors[i]);
        }

        p.Op('u');
    }

    public static void List(PickleText p, IReadOnlyList<(string Name, WeightType Type, long[] Shape, byte[] Values)> tensors)
    {
        p.Op(']').Op('(');
        for (int i = 0; i < tensors.Count; i++)
            Tensor(p, i, tensors[i]);
        p.Op('e');
    }

    /// <summary>A tree of modules, one a dot in the names.</summary>
    public static void Module(PickleText p, IReadOnlyList<(string Name, WeightType Type, long[] Shape, byte[] Values)> tensors) =>
        Module(p, [.. tensors.Select((t, i) => (t.Name.Split('.'), i, t))], 0);

    private static void Module(PickleText p, (string[] Path, int Key, (string Name, WeightType Type, long[] Shape, byte[] Values) Tensor)[] tensors, int depth)
    {
        p.Global("lvdm.models.ddpm3d", depth == 0 ? "LatentDiffusion" : "Part").Op(')').Raw(0x81).Op('}').Op('(').Str("_parameters").Op('}').Op('(');
        foreach (var (path, key, tensor) in tensors.Where(t => t.Path.Length == depth + 1))
        {
            p.Str(path[depth]).Global("torch._utils", "_rebuild_parameter").Op('(');
            Tensor(p, key, tensor);
            p.Raw(0x88).Global("collections", "OrderedDict").Op(')').Op('R').Op('t').Op('R');
        }

        p.Op('u').Str("_buffers").Op('}').Str("_modules").Op('}').Op('(');
        foreach (var child in tensors.Where(t => t.Path.Length > depth + 1).GroupBy(t => t.Path[depth]))
        {
            p.Str(child.Key);
            Module(p, [.. child], depth + 1);
        }

        p.Op('u').Op('u').Op('b');
    }

    private static void Tensor(PickleText p, int key, (string Name, WeightType Type, long[] Shape, byte[] Values) tensor)
    {
        long[] strides = new long[tensor.Shape.Length];
        long stride = 1;
        for (int d = strides.Length - 1; d >= 0; d--)
        {
            strides[d] = stride;
            stride *= tensor.Shape[d];
        }

        string type = tensor.Type switch { WeightType.F16 => "HalfStorage", WeightType.F32 => "FloatStorage", _ => throw new ArgumentOutOfRangeException(nameof(tensor), tensor.Type, "Not written by these tests.") };
        p.Tensor(key.ToString(), tensor.Values.Length / tensor.Type.SizeInBytes(), tensor.Shape, strides, type: type);
    }
}
