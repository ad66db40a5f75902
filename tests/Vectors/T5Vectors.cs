using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Vectors;

/// <summary>Tiny T5 encoders of both kinds against PyTorch's tensors.</summary>
public static class T5Vectors
{
    private static readonly T5Config Relu = new(
        VocabSize: 50, DModel: 20, DKv: 6, DFf: 28, NumLayers: 3, NumHeads: 4, RelativeAttentionNumBuckets: 16, RelativeAttentionMaxDistance: 24);

    private static readonly T5Config Gated = Relu with { FeedForwardProj = "gated-gelu", DKv = 8, NumHeads = 3 };

    public static IEnumerable<(string Name, Difference Difference)> Compare(IGraphBackend backend, StorageTypes storage)
    {
        foreach ((string name, T5Config config) in new[] { ("relu", Relu), ("gated", Gated) })
        {
            using VectorFile file = new("t5_tiny");
            float[] ids = [.. file.ReadIntegers($"{name}.ids").Select(id => (float)id)];
            int[] shape = file.ShapeOf($"{name}.ids");
            GraphUnderTest run = new(backend, new(DType.F32, storage.Weights));
            run.Output("states", new T5Encoder(config, file.Weights($"{name}.w.")).Forward(run.Graph, run.Raw("ids", [shape[0], shape[1]], ids, DType.I32)));
            yield return (name, Difference.Between(run.Run()["states"], file.Read($"{name}.states")));
        }
    }
}
