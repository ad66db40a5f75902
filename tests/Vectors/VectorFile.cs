using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Vectors;

/// <summary>A file of reference tensors made by PyTorch, with the layouts turned into ours.</summary>
public sealed class VectorFile : IDisposable
{
    private readonly SafetensorsFile file;
    private readonly SafetensorsSource source;

    public VectorFile(string name)
    {
        file = SafetensorsFile.Open(TestData.VectorPath(name + ".safetensors"));
        source = SafetensorsSource.From(file);
    }

    /// <summary>The weights below a prefix such as "w." or "res_same.w.".</summary>
    public WeightScope Weights(string prefix) => new(new PrefixedSource(source, prefix));

    public int[] ShapeOf(string name) => [.. file.Tensors[name].Shape.Select(d => (int)d)];

    public bool Contains(string name) => file.Tensors.ContainsKey(name);

    public IReadOnlyDictionary<string, string> Metadata => file.Metadata;

    /// <summary>The values as the file orders them.</summary>
    public float[] Read(string name)
    {
        TensorEntry entry = file.Tensors[name];
        float[] values = new float[entry.ElementCount];
        file.ReadFloats(entry, values);
        return values;
    }

    public IEnumerable<string> Names => file.Tensors.Keys;

    public double[] ReadDoubles(string name) => ReadRaw<double>(name, WeightType.F64);

    public long[] ReadIntegers(string name) => ReadRaw<long>(name, WeightType.I64);

    /// <summary>[N, C, rest...] in the file -> [N, rest..., C]: frames and videos, channels last.</summary>
    public float[] ReadChannelsLast(string name)
    {
        int[] shape = ShapeOf(name);
        (int n, int c) = (shape[0], shape[1]);
        float[] values = Read(name), moved = new float[values.Length];
        int pixels = values.Length / (n * c);
        for (int i = 0; i < n; i++)
        {
            for (int channel = 0; channel < c; channel++)
            {
                for (int p = 0; p < pixels; p++)
                {
                    moved[(((i * pixels) + p) * c) + channel] = values[(((i * c) + channel) * pixels) + p];
                }
            }
        }

        return moved;
    }

    /// <summary>Extents of <see cref="ReadChannelsLast"/> for (B*T, C, H, W) seen as <paramref name="batch"/> videos: [B, T, H, W, C].</summary>
    public Shape VideoShape(string name, int batch)
    {
        int[] s = ShapeOf(name);
        return s.Length == 5 ? [s[0], s[2], s[3], s[4], s[1]] : [batch, s[0] / batch, s[2], s[3], s[1]];
    }

    public void Dispose() => source.Dispose();

    private T[] ReadRaw<T>(string name, WeightType type)
        where T : unmanaged
    {
        TensorEntry entry = file.Tensors[name];
        if (entry.Type != type)
        {
            throw new InvalidOperationException($"{name} is {entry.Type}, not {type}.");
        }

        T[] values = new T[entry.ElementCount];
        file.Read(entry, System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }
}
