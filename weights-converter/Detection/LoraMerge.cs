using System.Runtime.InteropServices;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.WeightsConverter.Checkpoints;

namespace Hummingbird.Vulkan.WeightsConverter.Detection;

/// <summary>T2V-Turbo's LoRA files: W + up x down for every layer, in the order of the U-Net's modules.</summary>
/// <remarks>up [outputs, rank, 1...], down [rank, inputs, kernel...], flattened to matrices; alpha 1. Layers: weights of 2, 4 or 5
/// dimensions; the 1-D convolutions of init_attn are not among them.</remarks>
internal static class LoraMerge
{
    /// <summary>The weights a LoRA file's pairs belong to, in order.</summary>
    public static IReadOnlyList<ManifestEntry> Layers(Manifest manifest) =>
        [.. manifest.Entries.Where(e => e.Name.EndsWith(".weight", StringComparison.Ordinal) && e.Shape.Length is 2 or 4 or 5)];

    /// <exception cref="WeightException">The file has another number of layers or a layer does not fit.</exception>
    public static IEnumerable<SourceTensor> Merge(IReadOnlyDictionary<string, SourceTensor> unet, Manifest manifest, IReadOnlyList<SourceTensor> lora, string file)
    {
        IReadOnlyList<ManifestEntry> layers = Layers(manifest);
        if (lora.Count != 2 * layers.Count)
            throw WeightException.In(file, $"is a LoRA list of {lora.Count} matrices; this U-Net has {layers.Count} layers and needs {2 * layers.Count}.");
        var merged = new Dictionary<string, SourceTensor>(unet, StringComparer.Ordinal);
        for (int i = 0; i < layers.Count; i++)
        {
            (SourceTensor up, SourceTensor down, SourceTensor weight) = (lora[2 * i], lora[(2 * i) + 1], unet[layers[i].Name]);
            bool fits = LowRank.Fits(weight.Shape.AsSpan(), up.Shape.AsSpan(), down.Shape.AsSpan());
            if (!fits)
            {
                throw WeightException.In(file, $"layer {i} has matrices {Quote.Shape(up.Shape.AsSpan())} and {Quote.Shape(down.Shape.AsSpan())}, "
                    + $"which do not fit {Quote.Name(weight.Name)} {Quote.Shape(weight.Shape.AsSpan())}.");
            }

            merged[weight.Name] = new MergedTensor(weight, up, down);
        }

        return merged.Values;
    }

    private sealed class MergedTensor(SourceTensor weight, SourceTensor up, SourceTensor down) : SourceTensor(weight.Name, WeightType.F32, weight.Shape)
    {
        private readonly int rank = (int)up.Shape[1];
        private WeakReference<float[]>? downValues;

        public override long Begin => weight.Begin;

        public override void Read(Span<byte> destination, long first)
        {
            Span<float> values = MemoryMarshal.Cast<byte, float>(destination);
            FloatReader.Read(weight, values, first);
            LowRank.Add(values, first, Down(), rank, (row, factors) => FloatReader.Read(up, factors, row * rank));
        }

        private float[] Down()
        {
            if (downValues is not null && downValues.TryGetTarget(out float[]? values))
                return values;
            values = new float[down.ElementCount];
            FloatReader.Read(down, values, 0);
            downValues = new(values);
            return values;
        }
    }
}

/// <summary>Elements of a tensor as fp32.</summary>
internal static class FloatReader
{
    public static void Read(SourceTensor tensor, Span<float> destination, long first)
    {
        if (tensor.Type == WeightType.F32)
        {
            tensor.Read(MemoryMarshal.AsBytes(destination), first);
            return;
        }

        byte[] stored = new byte[destination.Length * tensor.Type.SizeInBytes()];
        tensor.Read(stored, first);
        WeightConversion.ToFloats(tensor.Type, stored, destination);
    }
}
