namespace Hummingbird.Vulkan.Kernels;

/// <summary>Whether a kernel may read and write 64 bits per lane: shaders/common/wide.glsl.</summary>
internal static class WideAccess
{
    private const int Bytes = 8;

    /// <summary>Elements that 64 bits hold.</summary>
    public static int Width(DType type) => Bytes / type.Size();

    /// <summary>Elements per access: as many as 64 bits hold, or 1 where a row or slice would not start at a multiple of them.</summary>
    /// <param name="type">Storage type of the operands.</param>
    /// <param name="target">The device.</param>
    /// <param name="elements">Every channel count, row stride and offset, in elements, from which addresses are made.</param>
    public static int Width(DType type, KernelTarget target, params ReadOnlySpan<int> elements)
        => !VectorAccess.IsPlanned(target) && IsAligned(type, elements) ? Width(type) : 1;

    /// <summary>Every row and slice starts at a multiple of 64 bits.</summary>
    public static bool IsAligned(DType type, params ReadOnlySpan<int> elements)
    {
        foreach (int count in elements)
        {
            if (count * type.Size() % Bytes != 0)
            {
                return false;
            }
        }

        return true;
    }
}
