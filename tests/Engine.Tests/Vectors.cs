using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Engine.Tests;

/// <summary>A safetensors file of reference values in tests/data.</summary>
internal sealed class Vectors : IDisposable
{
    private readonly SafetensorsFile file;

    public Vectors(string name) => file = SafetensorsFile.Open(TestData.File(name));

    public IReadOnlyDictionary<string, string> Metadata => file.Metadata;

    public IEnumerable<string> Names => file.Tensors.Keys;

    public float[] Floats(string name)
    {
        float[] values = new float[file.Tensors[name].ElementCount];
        file.ReadFloats(file.Tensors[name], values);
        return values;
    }

    public double[] Doubles(string name) => Raw<double>(name, WeightType.F64);

    public long[] Integers(string name) => Raw<long>(name, WeightType.I64);

    public void Dispose() => file.Dispose();

    private T[] Raw<T>(string name, WeightType type)
        where T : unmanaged
    {
        TensorEntry entry = file.Tensors[name];
        if (entry.Type != type)
            throw new InvalidOperationException($"{name} is {entry.Type}, not {type}.");
        T[] values = new T[entry.ElementCount];
        file.Read(entry, System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }
}
