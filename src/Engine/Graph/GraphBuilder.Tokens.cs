using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Graph;

/// <summary>What transformers over tokens are made of besides linear layers and attention.</summary>
public sealed partial class GraphBuilder
{
    /// <summary>The entries [start, start + count) along the outermost axis, without a copy.</summary>
    public Value Slices(Value value, int start, int count)
    {
        int[] extents = value.Shape.ToArray();
        if (start < 0 || count < 1 || start + count > extents[0] || !value.Spec.IsContiguous)
        {
            throw new ShapeException($"Slices {start}..{start + count} are not in {value}, or it is not contiguous.");
        }

        if (count == extents[0])
        {
            return value;
        }

        int offset = checked((int)(value.Shape.Count / extents[0] * start));
        extents[0] = count;
        return new(valueCount++, value.Name, new(new Shape(extents), value.Spec.DType), value.Kind) { Base = value.Storage, Offset = value.Offset + offset };
    }

    /// <summary>Tensors one behind the other along their outermost axis.</summary>
    public Value Concatenate(params ReadOnlySpan<Value> parts)
    {
        Value?[] operands = [.. parts];
        return operands.Length == 1 ? operands[0]! : Add(new Concatenate(), "", operands);
    }

    /// <summary>Layer norm with a `weight` and no bias.</summary>
    public Value ScaleNorm(Value x, WeightScope w) => Add(new LayerNorm(), w.Path, x, Parameter(w.Get("weight", x.Shape.Channels)), null);

    /// <summary>RMS norm with a `weight`.</summary>
    public Value RmsNorm(Value x, WeightScope w, float epsilon)
        => Add(new LayerNorm(epsilon, IsCentred: false), w.Path, x, Parameter(w.Get("weight", x.Shape.Channels)), null);
}
