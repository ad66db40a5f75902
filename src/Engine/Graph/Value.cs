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
    /// <summary>All parts are stored as fp16: reading them as that loses nothing.</summary>
    public bool IsHalf => Parts.All(p => p.Type == WeightType.F16);

    /// <summary>The canonical fp32 values: rows of [taps, C].</summary>
    public float[] ReadCanonical()
    {
        float[] all = new float[checked((int)Parts.Sum(p => p.ElementCount))];
        int start = 0;
        foreach (WeightTensor tensor in Parts)
        {
            float[] values = tensor.ReadFloats();
            Span<float> part = all.AsSpan(start, values.Length);
            if (IsConvolution && tensor.Shape.Length > 2)
            {
                TapsBeforeChannels<float>(values, part, tensor.Shape[0], tensor.Shape[1]);
            }
            else
            {
                values.CopyTo(part);
            }

            start += values.Length;
        }

        return all;
    }

    /// <summary>[rows, channels, taps] to [rows, taps, channels].</summary>
    internal static void TapsBeforeChannels<T>(ReadOnlySpan<T> values, Span<T> moved, int rows, int channels)
    {
        int taps = values.Length / (rows * channels);
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
