using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Hummingbird.Vulkan.Engine.Weights;

/// <summary>Shape of a FIT (far-reaching interleaved transformer); fit_stage1/config.json and fit_stage2/config.json. Defaults are Snap
/// Video's first stage at 3.9B.</summary>
/// <param name="Size">Frames, height and width of the video as the network sees it.</param>
/// <param name="Patch">Frames, rows and columns of a patch.</param>
/// <param name="Group">Patches of a group along each.</param>
/// <param name="InChannels">Of the video.</param>
/// <param name="CondChannels">Of a coarser video the network also reads; 0 for none.</param>
/// <param name="PatchDim">Channels of a patch token.</param>
/// <param name="LatentCount">Latent tokens; every group has as many of them.</param>
/// <param name="LatentDim">Channels of a latent token.</param>
/// <param name="GlobalLayers">Self-attention layers over all latents in a block.</param>
/// <param name="LocalLayers">Self-attention layers within each group of patches in a block.</param>
/// <param name="PatchHeadDim">Head size of attention that patches or conditions take part in.</param>
/// <param name="LatentHeadDim">Head size of attention among latents.</param>
/// <param name="CtxDim">Channels of conditioning tokens.</param>
/// <param name="TextDim">Channels of the text encoder's states.</param>
/// <param name="Fourier">Sines and cosines of a number the network is told.</param>
/// <param name="FfMult">Width of a feed-forward layer over that of its tokens.</param>
public sealed record FitConfig(
    ImmutableArray<int> Size = default,
    ImmutableArray<int> Patch = default,
    ImmutableArray<int> Group = default,
    int InChannels = 3,
    int CondChannels = 0,
    int PatchDim = 1024,
    int LatentCount = 768,
    int LatentDim = 3072,
    int Blocks = 6,
    int GlobalLayers = 4,
    int LocalLayers = 0,
    int PatchHeadDim = 64,
    int LatentHeadDim = 128,
    int CtxDim = 1024,
    int TextDim = 1024,
    int Fourier = 16,
    int FfMult = 4)
{
    public ImmutableArray<int> Size { get; init; } = Size.IsDefault ? [16, 40, 64] : Size;

    public ImmutableArray<int> Patch { get; init; } = Patch.IsDefault ? [1, 4, 4] : Patch;

    public ImmutableArray<int> Group { get; init; } = Group.IsDefault ? [16, 5, 4] : Group;

    [JsonIgnore]
    public int Frames => Size[0];

    [JsonIgnore]
    public int Height => Size[1];

    [JsonIgnore]
    public int Width => Size[2];

    /// <summary>Groups along frames, rows and columns.</summary>
    [JsonIgnore]
    public ImmutableArray<int> Grid => [.. Enumerable.Range(0, 3).Select(i => Size[i] / Patch[i] / Group[i])];

    [JsonIgnore]
    public int Groups => Grid[0] * Grid[1] * Grid[2];

    [JsonIgnore]
    public int PatchesPerGroup => Group[0] * Group[1] * Group[2];

    [JsonIgnore]
    public int Patches => Groups * PatchesPerGroup;

    [JsonIgnore]
    public int LatentsPerGroup => LatentCount / Groups;

    /// <summary>Width between the two layers that a conditioning number passes.</summary>
    [JsonIgnore]
    public int EmbedderDim => 4 * PatchDim;

    /// <summary>Pixels of a patch, frames and all.</summary>
    [JsonIgnore]
    public int PatchPixels => Patch[0] * Patch[1] * Patch[2];

    internal void Validate(ConfigCheck check)
    {
        foreach ((string name, ImmutableArray<int> list) in new[] { (nameof(Size), Size), (nameof(Patch), Patch), (nameof(Group), Group) })
        {
            check.That(list.Length == 3, name.ToLowerInvariant(), $"has {list.Length} elements, expected frames, height and width");
            check.List(name, list, longest: 3, 1, 4096);
        }

        for (int i = 0; i < 3; i++)
        {
            check.That(Size[i] % Patch[i] == 0 && Size[i] / Patch[i] % Group[i] == 0, "group",
                $"is {Group[i]} patches of {Patch[i]} on axis {i}, which do not divide its {Size[i]}");
        }

        check.Range(nameof(InChannels), InChannels, 1, 16);
        check.Range(nameof(CondChannels), CondChannels, 0, 16);
        check.Range(nameof(PatchDim), PatchDim, 1, 16384);
        check.Range(nameof(LatentCount), LatentCount, 1, 65536);
        check.Range(nameof(LatentDim), LatentDim, 1, 16384);
        check.Range(nameof(Blocks), Blocks, 1, 128);
        check.Range(nameof(GlobalLayers), GlobalLayers, 0, 128);
        check.Range(nameof(LocalLayers), LocalLayers, 0, 128);
        check.Range(nameof(PatchHeadDim), PatchHeadDim, 1, 512);
        check.Range(nameof(LatentHeadDim), LatentHeadDim, 1, 512);
        check.Range(nameof(CtxDim), CtxDim, 1, 16384);
        check.Range(nameof(TextDim), TextDim, 1, 16384);
        check.Range(nameof(Fourier), Fourier, 2, 1024);
        check.Range(nameof(FfMult), FfMult, 1, 16);
        check.That(Fourier % 2 == 0, "fourier", $"is {Fourier}, must be even: half are sines, half cosines");
        check.That((long)Patches * Math.Max(PatchDim, InChannels * PatchPixels) <= int.MaxValue, "size", $"makes {Patches} patches, too many for {PatchDim} channels each");
        check.That(LatentCount % Groups == 0, "latent_count", $"is {LatentCount}, which {Groups} groups do not divide");
        check.That(LatentDim % LatentHeadDim == 0, "latent_head_dim", $"is {LatentHeadDim}, which does not divide latent_dim {LatentDim}");
        check.That(PatchDim % PatchHeadDim == 0, "patch_head_dim", $"is {PatchHeadDim}, which does not divide patch_dim {PatchDim}");
        foreach (int other in new[] { PatchDim, CtxDim })
        {
            int inner = Math.Min(LatentDim, other);
            check.That(inner % PatchHeadDim == 0, "patch_head_dim", $"is {PatchHeadDim}, which does not divide the {inner} channels of attention");
        }
    }
}

/// <summary>Shape of a T5 encoder; text_encoder/config.json in Hugging Face's names. Defaults are T5-11B.</summary>
/// <param name="FeedForwardProj">"relu" (T5 1.0) or "gated-gelu" (T5 1.1).</param>
/// <param name="RelativeAttentionNumBuckets">Distances are told apart in so many buckets, half for either direction.</param>
/// <param name="RelativeAttentionMaxDistance">All distances from here on share the last bucket.</param>
public sealed record T5Config(
    int VocabSize = 32128,
    int DModel = 1024,
    int DKv = 128,
    int DFf = 65536,
    int NumLayers = 24,
    int NumHeads = 128,
    int RelativeAttentionNumBuckets = 32,
    int RelativeAttentionMaxDistance = 128,
    string FeedForwardProj = "relu",
    float LayerNormEpsilon = 1e-6f,
    int EosTokenId = 1,
    int PadTokenId = 0)
{
    [JsonIgnore]
    public bool IsGated => FeedForwardProj == "gated-gelu";

    internal void Validate(ConfigCheck check)
    {
        check.Range(nameof(VocabSize), VocabSize, 3, 1_000_000);
        check.Range(nameof(DModel), DModel, 1, 16384);
        check.Range(nameof(DKv), DKv, 1, 512);
        check.Range(nameof(DFf), DFf, 1, 262_144);
        check.Range(nameof(NumLayers), NumLayers, 1, 256);
        check.Range(nameof(NumHeads), NumHeads, 1, 1024);
        check.Range(nameof(RelativeAttentionNumBuckets), RelativeAttentionNumBuckets, 4, 1024);
        check.Range(nameof(RelativeAttentionMaxDistance), RelativeAttentionMaxDistance, 2, 65536);
        check.Range(nameof(EosTokenId), EosTokenId, 0, VocabSize - 1);
        check.Range(nameof(PadTokenId), PadTokenId, 0, VocabSize - 1);
        check.That(RelativeAttentionNumBuckets % 4 == 0, "relative_attention_num_buckets", $"is {RelativeAttentionNumBuckets}, must be a multiple of 4");
        check.That(RelativeAttentionMaxDistance > RelativeAttentionNumBuckets / 4, "relative_attention_max_distance",
            $"is {RelativeAttentionMaxDistance}, must be more than a quarter of the {RelativeAttentionNumBuckets} buckets");
        check.That(FeedForwardProj is "relu" or "gated-gelu", "feed_forward_proj", $"is {Quote.Name(FeedForwardProj)}; supported are 'relu' and 'gated-gelu'");
        check.That(LayerNormEpsilon is > 0 and < 1, "layer_norm_epsilon", $"is {LayerNormEpsilon}, expected a small positive number such as 1e-6");
    }
}

/// <summary>One stage of a Snap Video cascade, as the sampler sees it.</summary>
/// <param name="SigmaIn">What videos are divided by before noise is added.</param>
/// <param name="Steps">Steps when the user names none.</param>
/// <param name="PadRows">Rows the network sees above and below the video, cut off afterwards.</param>
public sealed record SnapStageConfig(double SigmaIn = 4, int Steps = 256, ImmutableArray<int> PadRows = default)
{
    public ImmutableArray<int> PadRows { get; init; } = PadRows.IsDefault ? [0, 0] : PadRows;
}

/// <summary>Sampler and cascade of a Snap Video model; scheduler/scheduler_config.json.</summary>
/// <param name="Upscale">Pixels of the second stage along a pixel of the first.</param>
/// <param name="SigmaAug">Deviation of the noise on what the second stage reads of the first.</param>
/// <param name="GuidanceHi">Guidance scale of the first quarter of the steps and of every other one behind.</param>
/// <param name="GuidanceLo">Of the others.</param>
/// <param name="ThresholdQ">Quantile of dynamic thresholding.</param>
/// <param name="TextLength">Tokens of a prompt.</param>
public sealed record SnapSamplerConfig(
    [property: JsonPropertyName("_class_name")] string ClassName = SnapSamplerConfig.Name,
    SnapStageConfig? Stage1 = null,
    SnapStageConfig? Stage2 = null,
    int Upscale = 8,
    double SigmaAug = 0.1,
    double GuidanceHi = 15,
    double GuidanceLo = 1,
    double ThresholdQ = 0.995,
    double SigmaMin = 0.002,
    double SigmaMax = 80,
    double Rho = 7,
    int TextLength = 128)
{
    public const string Name = "EdmHeunScheduler";

    public SnapStageConfig Stage1 { get; init; } = Stage1 ?? new(4, 256, [2, 2]);

    public SnapStageConfig Stage2 { get; init; } = Stage2 ?? new(32, 40);

    internal void Validate(ConfigCheck check)
    {
        check.That(ClassName == Name, "_class_name", $"is {Quote.Name(ClassName)}; for a Snap Video model it must be '{Name}'");
        foreach ((string name, SnapStageConfig stage) in new[] { ("stage1", Stage1), ("stage2", Stage2) })
        {
            check.That(stage.SigmaIn is > 0 and < 1e6, $"{name}.sigma_in", $"is {stage.SigmaIn}, expected a positive number such as 4");
            check.Range($"{name}.steps", stage.Steps, 2, 1000);
            check.That(stage.PadRows.Length == 2, $"{name}.pad_rows", $"has {stage.PadRows.Length} elements, expected rows above and below");
            check.List($"{name}.pad_rows", stage.PadRows, longest: 2, 0, 1024);
        }

        check.Range(nameof(Upscale), Upscale, 1, 64);
        check.Range(nameof(TextLength), TextLength, 1, 4096);
        check.That(SigmaAug is > 0 and < 100, "sigma_aug", $"is {SigmaAug}, expected a small positive number such as 0.1");
        check.That(GuidanceHi is >= 0 and <= 1000 && GuidanceLo is >= 0 and <= 1000, "guidance_hi", $"and guidance_lo are {GuidanceHi} and {GuidanceLo}, expected 0 to 1000");
        check.That(ThresholdQ is > 0 and <= 1, "threshold_q", $"is {ThresholdQ}, expected a number up to 1 such as 0.995");
        check.That(SigmaMin > 0 && SigmaMin < SigmaMax && SigmaMax < 1e6, "sigma_min", $"is {SigmaMin} with sigma_max {SigmaMax}; expected 0 < sigma_min < sigma_max");
        check.That(Rho is >= 1 and <= 100, "rho", $"is {Rho}, expected a number such as 7");
    }
}
