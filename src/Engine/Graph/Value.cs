using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Graph;

/// <summary>Where a value of a graph comes from.</summary>
public enum ValueKind
{
    /// <summary>Written by the host before a run.</summary>
    Input,

    /// <summary>Constant, read from the weights files when an executor is prepared.</summary>
    Weight,

    /// <summary>Computed by a node.</summary>
    Computed,
}

/// <summary>An edge of the graph: a tensor that a node makes and others read.</summary>
/// <param name="Id">Dense index within the graph.</param>
/// <param name="Name">Input name, weight name, or the label of the node that makes it.</param>
/// <param name="Spec">Extents, storage type and row stride.</param>
/// <param name="Kind">Where it comes from.</param>
public sealed record Value(int Id, string Name, TensorSpec Spec, ValueKind Kind)
{
    /// <summary>The value whose memory this one shows, when this is a slice or another shape of it.</summary>
    public Value? Base { get; init; }

    /// <summary>First element of a slice within its base.</summary>
    public int Offset { get; init; }

    /// <summary>How a weight is read.</summary>
    public WeightRecipe? Weight { get; init; }

    public Shape Shape => Spec.Shape;

    /// <summary>The value that owns the memory.</summary>
    public Value Storage => Base ?? this;

    public bool Equals(Value? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => Id;

    public override string ToString() => $"{Name} {Spec}";
}

/// <summary>Which tensors of the checkpoint make a weight, and how they are put together.</summary>
/// <param name="Parts">Tensors stacked along their first axis: fused projections are several parts.</param>
/// <param name="IsConvolution">Parts are [N, C, taps...] in the file and [N, taps, C] in memory.</param>
public sealed record WeightRecipe(ImmutableArray<WeightTensor> Parts, bool IsConvolution)
{
    /// <summary>All parts are stored as fp16: <see cref="ReadCanonicalHalves"/> loses nothing.</summary>
    public bool IsHalf => Parts.All(p => p.Type == WeightType.F16);

    /// <summary>The canonical fp32 values: rows of [taps, C].</summary>
    public float[] ReadCanonical() => ReadCanonical<float>((tensor, values) => tensor.ReadFloats(values));

    /// <summary>The same as fp16: half the memory and no conversion where the file holds fp16.</summary>
    public Half[] ReadCanonicalHalves() => ReadCanonical<Half>((tensor, values) => tensor.ReadHalves(values));

    private T[] ReadCanonical<T>(Action<WeightTensor, T[]> read)
    {
        T[][] parts = [.. Parts.Select(Read)];
        return parts.Length == 1 ? parts[0] : [.. parts.SelectMany(p => p)];

        T[] Read(WeightTensor tensor)
        {
            var values = new T[checked((int)tensor.ElementCount)];
            read(tensor, values);
            return IsConvolution && tensor.Shape.Length > 2 ? TapsBeforeChannels(values, tensor.Shape[0], tensor.Shape[1]) : values;
        }
    }

    private static T[] TapsBeforeChannels<T>(T[] values, int rows, int channels)
    {
        int taps = values.Length / (rows * channels);
        var moved = new T[values.Length];
        for (int row = 0; row < rows; row++)
        {
            int start = row * channels * taps;
            for (int c = 0; c < channels; c++)
            {
                for (int tap = 0; tap < taps; tap++)
                {
                    moved[start + (tap * channels) + c] = values[start + (c * taps) + tap];
                }
            }
        }

        return moved;
    }
}

/// <summary>An operation with its operands.</summary>
/// <param name="Index">Position in execution order.</param>
/// <param name="Label">What it is in the model's own names: <c>conv2d input_blocks.1.0.in_layers.2</c>.</param>
public sealed record Node(int Index, Kernel Kernel, ImmutableArray<Value?> Inputs, Value Output, string Label)
{
    /// <summary>The specs of the operands in the kernel's order.</summary>
    public TensorSpec[] InputSpecs() => [.. Inputs.Select(v => v?.Spec ?? TensorSpec.Absent)];

    public Cost Cost => Kernel.Cost(InputSpecs(), Output.Spec);
}
