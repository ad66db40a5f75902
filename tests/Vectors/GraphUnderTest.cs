using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Vectors;

/// <summary>Builds a small graph, runs it on a backend, and gives its outputs.</summary>
public sealed class GraphUnderTest(IGraphBackend backend, StorageTypes storage)
{
    private readonly List<(string Name, float[] Values)> inputs = [];
    private readonly List<(string Name, Value Value)> outputs = [];

    public GraphBuilder Graph { get; } = new("vectors", storage.Activations, storage.Weights);

    /// <summary>An input in fp32, cast to the storage type on the device as models do.</summary>
    public Value Input(string name, Shape shape, float[] values)
    {
        inputs.Add((name, values));
        return Graph.Cast(Graph.Input(name, shape, DType.F32), Graph.Storage);
    }

    public Value Raw(string name, Shape shape, float[] values, DType type)
    {
        inputs.Add((name, values));
        return Graph.Input(name, shape, type);
    }

    public void Write(string name, float[] values) => inputs.Add((name, values));

    public void Output(string name, Value value) => outputs.Add((name, value));

    /// <summary>Runs and compares; each line tells what differs by how much.</summary>
    public IReadOnlyDictionary<string, float[]> Run()
    {
        foreach ((string name, Value value) in outputs)
        {
            Graph.Output(name, value);
        }

        using IGraphExecutor executor = backend.Prepare(Graph.Build());
        foreach ((string name, float[] values) in inputs)
        {
            executor.Write(name, values);
        }

        executor.Run();
        Dictionary<string, float[]> results = [];
        foreach ((string name, Value value) in outputs)
        {
            float[] values = new float[value.Shape.Count];
            executor.Read(name, values);
            results.Add(name, values);
        }

        return results;
    }
}
