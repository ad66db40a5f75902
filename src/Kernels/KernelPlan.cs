using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Hummingbird.Vulkan.Kernels;

/// <summary>Where an address in the push constants comes from.</summary>
public enum OperandKind
{
    /// <summary>Address 0: the optional operand is absent.</summary>
    None,
    Input,
    Output,

    /// <summary>Temporary memory of the operation, shared by its dispatches.</summary>
    Scratch,
}

/// <param name="Kind">What is addressed.</param>
/// <param name="Index">Which input; 0 otherwise.</param>
/// <param name="OffsetInBytes">Added to the address.</param>
public readonly record struct Operand(OperandKind Kind, int Index = 0, long OffsetInBytes = 0)
{
    public static Operand None => default;

    public static Operand Output => new(OperandKind.Output);

    public static Operand Input(int index, long offsetInBytes = 0) => new(OperandKind.Input, index, offsetInBytes);

    public static Operand Scratch(long offsetInBytes = 0) => new(OperandKind.Scratch, 0, offsetInBytes);
}

/// <summary>Workgroups in each direction.</summary>
public readonly record struct Workgroups(int X, int Y = 1, int Z = 1)
{
    public long Count => (long)X * Y * Z;

    /// <summary>Folds a long line of workgroups into x and y so that neither passes the device's limit.</summary>
    /// <remarks>The shader computes <c>index = x + y * fold</c> with <c>fold</c> = <see cref="X"/> in its parameters
    /// (never gl_NumWorkGroups: the host may split a dispatch) and leaves when the index is past the end.</remarks>
    public static Workgroups Fold(long count, KernelTarget target)
    {
        long rows = (count + target.MaxWorkgroupCount - 1) / target.MaxWorkgroupCount;
        long columns = (count + rows - 1) / rows;
        return rows <= target.MaxWorkgroupCount
            ? new((int)columns, (int)rows)
            : throw new ShapeException($"{count} workgroups do not fit two dimensions of {target.MaxWorkgroupCount}.");
    }
}

/// <summary>One vkCmdDispatch: which SPIR-V, which constants, how many workgroups, and its push constants.</summary>
/// <remarks>Push constants are the operands' 64-bit device addresses in order, followed by <paramref name="Parameters"/>.
/// Specialization constants have the ids 0, 1, 2 ... in the order given.</remarks>
/// <param name="SubgroupSize">Lanes the pipeline asks for; 0: those of the device plan.</param>
public sealed record Dispatch(
    string Shader,
    ImmutableArray<int> Constants,
    Workgroups Workgroups,
    ImmutableArray<Operand> Operands,
    ImmutableArray<byte> Parameters,
    int SubgroupSize = 0)
{
    public int PushSizeInBytes => (Operands.Length * sizeof(ulong)) + Parameters.Length;

    /// <summary>The bytes of a parameter struct as the shader reads them (scalar layout).</summary>
    public static ImmutableArray<byte> Pack<T>(T parameters)
        where T : unmanaged
        => [.. MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(in parameters, 1))];
}

/// <summary>Everything the executor needs to run one operation.</summary>
/// <param name="Dispatches">Run in order, with a memory barrier between them.</param>
/// <param name="ScratchInBytes">Temporary memory, 0 for none.</param>
/// <param name="ClearOutput">The output is zeroed first (counters).</param>
public sealed record KernelPlan(ImmutableArray<Dispatch> Dispatches, long ScratchInBytes = 0, bool ClearOutput = false);
