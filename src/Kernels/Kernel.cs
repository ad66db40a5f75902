namespace Hummingbird.Vulkan.Kernels;

/// <summary>An operation of the graph: an immutable description that infers, plans, prices and defines itself.</summary>
/// <remarks>One kernel is five things with one name: <c>shaders/name.comp</c>, this descriptor, its reference, its cases, its bench.
/// Operand order is fixed by each kernel; an absent optional operand is <see cref="TensorSpec.Absent"/> (null for the reference).</remarks>
public abstract record Kernel
{
    /// <summary>snake_case; the same words as the type and the shader file.</summary>
    public abstract string Name { get; }

    /// <summary>Checks the operands and gives the output's extents.</summary>
    /// <exception cref="ShapeException">The operands do not fit; the message says which and why.</exception>
    public abstract Shape Infer(ReadOnlySpan<TensorSpec> inputs);

    /// <summary>Storage type of the output: that of the first operand unless the kernel says otherwise.</summary>
    public virtual DType OutputType(ReadOnlySpan<TensorSpec> inputs) => inputs[0].DType;

    /// <summary>Shader, constants, workgroups and parameters for these operands on this device.</summary>
    public abstract KernelPlan Plan(ReadOnlySpan<TensorSpec> inputs, TensorSpec output, KernelTarget target);

    public abstract Cost Cost(ReadOnlySpan<TensorSpec> inputs, TensorSpec output);

    /// <summary>The definition: plain loops in fp32 with fp64 sums.</summary>
    public abstract void Reference(ReadOnlySpan<HostTensor?> inputs, HostTensor output);

    /// <summary>How input <paramref name="index"/> must be packed when it is a weight; null: as it is in the file.</summary>
    public virtual WeightPacking? Packing(int index, ReadOnlySpan<TensorSpec> inputs, KernelTarget target) => null;

    /// <summary>The product of the matrix core that this is, as the tile table knows it; null: no product.</summary>
    public virtual MatrixProblem? Product(ReadOnlySpan<TensorSpec> inputs) => null;

    /// <summary>The attributes that tell two uses apart, as they stand in a case id: <c>groups=32,silu</c>.</summary>
    public virtual string Attributes => "";

    public sealed override string ToString() => Attributes.Length == 0 ? Name : $"{Name}({Attributes})";
}
