namespace Hummingbird.Vulkan.Kernels;

/// <summary>How an invocation reaches its channels; the numbers are those of shaders/common/access.glsl.</summary>
internal enum Access
{
    /// <summary>64 bits at once: shaders/common/wide.glsl.</summary>
    Wide = 0,

    /// <summary>One by one.</summary>
    Singles = 1,

    /// <summary>One of each of some vectors, which a workgroup of one subgroup loads as such: shaders/common/load_vector.glsl.</summary>
    Vectors = 2,

    /// <summary>As <see cref="Vectors"/>, on a driver that does not merge loads: each lane loads its own value.</summary>
    Lanes = 3,

    /// <summary>64 bits of neighbours to a lane, which a subgroup loads as one vector.</summary>
    WideVectors = 4,

    /// <summary>As <see cref="WideVectors"/>, on a driver that does not merge loads.</summary>
    WideLanes = 5,
}

/// <summary>Whether a workgroup of one subgroup may load neighbouring values as a vector.</summary>
internal static class VectorAccess
{
    /// <summary>For work that hides the overhead of a workgroup in nothing else.</summary>
    public const int MostVectors = 4;

    /// <summary>Kernels are planned for drivers that merge loads from uniform addresses into vector loads.</summary>
    public static bool IsPlanned(KernelTarget target) => target.Matrix == MatrixFamily.LoadVector;

    /// <summary>The processor scatters (AVX-512), so that 64 bits a lane take as long to store as 32.</summary>
    public static bool Scatters(KernelTarget target) => target.VectorRegisters >= 32;

    /// <summary>With vectors or without.</summary>
    public static Access Of(KernelTarget target, bool isVectors) => (isVectors, IsPlanned(target)) switch
    {
        (true, _) => target.MergesLoads ? Access.Vectors : Access.Lanes,
        (false, true) => Access.Singles,
        _ => Access.Wide,
    };

    /// <summary>64 bits of neighbours to a lane, loaded as vectors where the driver plans for that and channels fill whole subgroups.</summary>
    public static Access WideOf(KernelTarget target, int width, params ReadOnlySpan<int> channels)
    {
        foreach (int count in channels)
        {
            if (!IsPlanned(target) || count % (width * target.SubgroupSize) != 0)
            {
                return Access.Wide;
            }
        }

        return target.MergesLoads ? Access.WideVectors : Access.WideLanes;
    }

    /// <summary>Vectors for each invocation: <paramref name="most"/>, a half or a quarter, as all these channel counts are multiples of; 0 where they
    /// are of none.</summary>
    public static int Count(KernelTarget target, int most, params ReadOnlySpan<int> channels)
    {
        int vectors = IsPlanned(target) ? most : 0;
        foreach (int count in channels)
        {
            while (vectors > 0 && count % (vectors * target.SubgroupSize) != 0)
            {
                vectors /= 2;
            }
        }

        return vectors;
    }
}
