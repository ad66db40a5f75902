using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.WeightsConverter;

/// <summary>Which published student a teacher is pruned to.</summary>
public enum PruneTarget
{
    /// <summary>One residual block a level, no middle block.</summary>
    Hummingbird07B,

    /// <summary>One residual block a level.</summary>
    Hummingbird09B,
}

/// <summary>What to convert and how.</summary>
/// <param name="Sources">Checkpoints or model folders; a later one's networks replace an earlier one's.</param>
/// <param name="Output">The model folder; or a file ending in .safetensors, which takes all tensors under their own names.</param>
/// <param name="Type">F16, BF16 or F32; null keeps what is stored.</param>
/// <param name="Vocabulary">A model folder, its tokenizer folder, or bpe_simple_vocab_16e6.txt(.gz); null looks beside the sources.</param>
/// <param name="Like">A model folder whose configurations say what shapes do not: heads, groups, sampler, defaults.</param>
/// <param name="Pack">Families of the matrix core whose packed weights are written beside the others: packed/FAMILY.safetensors.</param>
/// <param name="IsDryRun">Say what would be done, and write nothing.</param>
/// <param name="AllowsInertObjects">Read tensors also from files that hold foreign objects beside them.</param>
public sealed record ConversionRequest(
    IReadOnlyList<string> Sources,
    string Output,
    WeightType? Type = null,
    string? Vocabulary = null,
    PruneTarget? Prune = null,
    string? Like = null,
    bool IsDryRun = false,
    bool AllowsInertObjects = false,
    IReadOnlyList<MatrixFamily>? Pack = null);

/// <param name="BytesDone">Written so far.</param>
/// <param name="BytesTotal">To be written.</param>
public readonly record struct ConversionProgress(long BytesDone, long BytesTotal);

/// <summary>What a conversion made, or would make.</summary>
/// <param name="Family">The model recognised.</param>
/// <param name="Components">What each network holds, as written.</param>
/// <param name="Notes">What the user should know: what is missing, which licence to look up.</param>
public sealed record ConversionReport(string Family, IReadOnlyList<WeightSummary> Components, IReadOnlyList<string> Notes, long Bytes);
