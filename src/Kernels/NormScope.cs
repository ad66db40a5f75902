namespace Hummingbird.Vulkan.Kernels;

/// <summary>Over what a norm of a video takes its statistics.</summary>
public enum NormScope
{
    /// <summary>Each frame by itself: over H and W. What a 2-d network applied to every frame does.</summary>
    PerFrame,

    /// <summary>All frames of a video together: over T, H and W. torch's GroupNorm on a 5-d tensor.</summary>
    AllFrames,
}
