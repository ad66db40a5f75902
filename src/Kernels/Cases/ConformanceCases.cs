namespace Hummingbird.Vulkan.Kernels.Cases;

/// <summary>The conformance suite: every kernel in the shapes of the real models and in odd ones.</summary>
/// <remarks>One file per kernel beside this one; tests, <c>doctor</c> and the benches all read this list.</remarks>
public static partial class ConformanceCases
{
    public static IReadOnlyList<ConformanceCase> All { get; } =
    [
        .. LayerNormCases(), .. GroupNormCases(), .. MatMulCases(), .. Conv2dCases(), .. Conv3dCases(), .. AttentionCases(),
        .. ElementwiseCases(), .. EmbeddingCases(), .. ToRgb8Cases(), .. SchedulerStepCases(), .. NonFiniteCountCases(),
        .. FrameAffineCases(), .. ResizeBilinearCases(),
        .. ConcatenateCases(), .. BiasedAttentionCases(), .. DynamicThresholdCases(),
    ];

    /// <summary>The three storage combinations: fp32, fp32 activations with fp16 weights, fp16.</summary>
    private static IEnumerable<ConformanceCase> InEveryStorage(Kernel kernel, bool weights, params CaseInput[] inputs)
    {
        yield return new(kernel, DType.F32, DType.F32, [.. inputs]);
        if (weights)
        {
            yield return new(kernel, DType.F32, DType.F16, [.. inputs]);
        }

        yield return new(kernel, DType.F16, DType.F16, [.. inputs]);
    }
}
