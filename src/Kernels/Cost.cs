namespace Hummingbird.Vulkan.Kernels;

/// <summary>What an operation costs by count: one multiply or add is one FLOP; each operand is read or written once.</summary>
public readonly record struct Cost(double Flops, double Bytes)
{
    public static Cost operator +(Cost left, Cost right) => new(left.Flops + right.Flops, left.Bytes + right.Bytes);
}
