using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Graph;

/// <summary>Builds a <see cref="ComputeGraph"/> node by node; what models are written with.</summary>
/// <remarks>The layers proper (linear, convolution, norms, attention) are in GraphBuilder.Layers.cs.</remarks>
/// <param name="name">For messages and traces.</param>
/// <param name="storage">Storage type of activations.</param>
/// <param name="weightStorage">Storage type of matrix weights; fp32 keeps fp16 files as fp16, which loses nothing.</param>
public sealed partial class GraphBuilder(string name, DType storage = DType.F32, DType weightStorage = DType.F32)
{
    private readonly List<Node> nodes = [];
    private readonly Dictionary<string, Value> inputs = [];
    private readonly Dictionary<string, Value> outputs = [];
    private readonly Dictionary<string, Value> weights = [];
    private int valueCount;

    public DType Storage => storage;

    /// <summary>The inputs declared so far.</summary>
    public IReadOnlyDictionary<string, Value> Inputs => inputs;

    /// <summary>A tensor the host writes before each run.</summary>
    public Value Input(string inputName, Shape shape, DType? type = null)
    {
        Value value = new(valueCount++, inputName, new(shape, type ?? storage), ValueKind.Input);
        inputs.Add(inputName, value);
        return value;
    }

    /// <summary>Makes a value readable by the host after a run.</summary>
    public void Output(string outputName, Value value) => outputs.Add(outputName, value);

    /// <summary>The columns [start, start + count) of every row, without a copy.</summary>
    public Value Columns(Value value, int start, int count)
    {
        if (start < 0 || count < 1 || start + count > value.Shape.Channels)
        {
            throw new ShapeException($"Columns {start}..{start + count} are not in {value}.");
        }

        TensorSpec spec = new(value.Shape.WithChannels(count), value.Spec.DType, value.Spec.RowStride);
        return new(valueCount++, value.Name, spec, value.Kind) { Base = value.Storage, Offset = value.Offset + start };
    }

    /// <summary>The frames [start, start + count) of one video [1, T, H, W, C], without a copy.</summary>
    public Value Frames(Value value, int start, int count)
    {
        if (value.Shape.Rank != 5 || value.Shape[0] != 1 || start < 0 || count < 1 || start + count > value.Shape[1] || !value.Spec.IsContiguous)
        {
            throw new ShapeException($"Frames {start}..{start + count} are not in {value}, or it is not one contiguous video.");
        }

        Shape shape = [1, count, value.Shape[2], value.Shape[3], value.Shape[4]];
        int offset = checked((int)(start * (value.Shape.Count / value.Shape[1])));
        return new(valueCount++, value.Name, new(shape, value.Spec.DType), value.Kind) { Base = value.Storage, Offset = value.Offset + offset };
    }

    /// <summary>The same memory with other extents.</summary>
    public Value Reshape(Value value, Shape shape)
    {
        if (shape.Count != value.Shape.Count || !value.Spec.IsContiguous)
        {
            throw new ShapeException($"{value} cannot be seen as {shape}.");
        }

        return new(valueCount++, value.Name, new(shape, value.Spec.DType), value.Kind) { Base = value.Storage, Offset = value.Offset };
    }

    /// <summary>Adds an operation; absent optional operands are null.</summary>
    public Value Add(Kernel kernel, string label, params ReadOnlySpan<Value?> operands)
    {
        TensorSpec[] specs = new TensorSpec[operands.Length];
        for (int i = 0; i < specs.Length; i++)
        {
            specs[i] = operands[i]?.Spec ?? TensorSpec.Absent;
        }

        try
        {
            Shape shape = kernel.Infer(specs);
            string full = label.Length == 0 ? kernel.Name : $"{kernel.Name} {label}";
            Value output = new(valueCount++, full, new(shape, kernel.OutputType(specs)), ValueKind.Computed);
            nodes.Add(new(nodes.Count, kernel, [.. operands], output, full));
            return output;
        }
        catch (ShapeException e)
        {
            throw new ShapeException($"{name}, {kernel} {label}: {e.Message}");
        }
    }

    /// <summary>A weight of the matrix core, stacked from <paramref name="parts"/> along the first axis.</summary>
    /// <param name="canonical">[N, K], [N, kh, kw, C] or [N, kt, kh, kw, C].</param>
    /// <param name="isConvolution">The file has channels before taps.</param>
    /// <param name="parts">The tensors of the checkpoint.</param>
    public Value MatrixWeight(Shape canonical, bool isConvolution, params ImmutableArray<WeightTensor> parts)
    {
        bool isHalf = storage == DType.F16 || weightStorage == DType.F16 || parts.All(p => p.Type == WeightType.F16);
        return Constant(parts, canonical, isHalf ? DType.F16 : DType.F32, isConvolution);
    }

    /// <summary>A bias, norm parameter or the like: fp32, as it is in the file.</summary>
    public Value Parameter(params ImmutableArray<WeightTensor> parts)
        => Constant(parts, [checked((int)parts.Sum(p => p.ElementCount))], DType.F32, isConvolution: false);

    /// <summary>The same with the extents of a matrix: rows that operations tell apart.</summary>
    public Value Parameter(Shape shape, params ImmutableArray<WeightTensor> parts) => Constant(parts, shape, DType.F32, isConvolution: false);

    /// <summary>A table of rows (embeddings) in the storage type of activations.</summary>
    public Value Table(WeightTensor tensor) => Constant([tensor], [.. tensor.Shape], storage, isConvolution: false);

    public ComputeGraph Build() => new(name, [.. nodes], inputs.ToImmutableDictionary(), outputs.ToImmutableDictionary(), [.. weights.Values]);

    private Value Constant(ImmutableArray<WeightTensor> parts, Shape shape, DType type, bool isConvolution)
    {
        string key = string.Join('+', parts.Select(p => p.Name));
        if (weights.TryGetValue(key, out Value? known))
        {
            return known;
        }

        Value value = new(valueCount++, key, new(shape, type), ValueKind.Weight) { Weight = new(parts, isConvolution) };
        weights.Add(key, value);
        return value;
    }
}
