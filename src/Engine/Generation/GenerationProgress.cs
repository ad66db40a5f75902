namespace Hummingbird.Vulkan.Engine.Generation;

/// <summary>What the pipeline is doing, in order.</summary>
public enum GenerationPhase
{
    Load,
    EncodePrompt,
    Denoise,

    /// <summary>Denoising of the frames between keyframes.</summary>
    Interpolate,
    Decode,

    /// <summary>Super-resolution.</summary>
    Upscale,
}

/// <summary>One event of a generation in progress.</summary>
/// <param name="Phase">What is being done.</param>
/// <param name="Done">Steps or frames finished in this phase.</param>
/// <param name="Total">Steps or frames of this phase.</param>
/// <param name="Elapsed">Since the phase began.</param>
public readonly record struct GenerationProgress(GenerationPhase Phase, int Done, int Total, TimeSpan Elapsed)
{
    /// <summary>Time per step or frame, once one is done.</summary>
    public TimeSpan? PerItem => Done > 0 ? Elapsed / Done : null;

    /// <summary>What the rest of the phase will take.</summary>
    public TimeSpan? Remaining => PerItem * (Total - Done);
}

/// <summary>What came out besides the frames.</summary>
/// <param name="Latents">Final denoised latents [1, C, T, H, W], as PyTorch orders them.</param>
/// <param name="LatentShape">[C, T, H, W].</param>
/// <param name="Timings">Wall time of each phase.</param>
/// <param name="Notes">What the user should know: a phase redone in fp32.</param>
public sealed record GenerationResult(
    float[] Latents,
    (int C, int T, int H, int W) LatentShape,
    IReadOnlyDictionary<GenerationPhase, TimeSpan> Timings,
    IReadOnlyList<string> Notes);
