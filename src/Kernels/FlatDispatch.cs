namespace Hummingbird.Vulkan.Kernels;

/// <summary>Workgroups for a kernel in which each invocation handles a few elements of one long line.</summary>
/// <remarks>The shader's element i of invocation n in workgroup w: w * size * values + i * size + n, see shaders/common/flat.glsl.</remarks>
internal readonly record struct FlatDispatch(int WorkgroupSize, Workgroups Workgroups, uint Count)
{
    public uint Fold => (uint)Workgroups.X;

    /// <summary>Covers <paramref name="count"/> elements, <paramref name="values"/> of them per invocation.</summary>
    /// <exception cref="ShapeException">More elements than the shader can index.</exception>
    public static FlatDispatch Over(long count, int values, KernelTarget target)
    {
        if (count > int.MaxValue)
        {
            throw new ShapeException($"{count} elements are more than one dispatch can index (2^31 - 1); split the tensor.");
        }

        // These kernels have no barrier: a CPU driver runs a large workgroup as a loop, and pays its overhead per workgroup once.
        int size = Math.Min(target.IsCpu ? 512 : 256, target.MaxWorkgroupInvocations);
        long perGroup = (long)size * values;
        return new(size, Workgroups.Fold((count + perGroup - 1) / perGroup, target), (uint)count);
    }
}
