using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hummingbird.Vulkan.Engine.Weights;

/// <summary>Shape of a VideoCrafter-family U-Net; unet/config.json. Defaults are the published 0.9B model.</summary>
/// <param name="ModelChannels">Width of the first level; every level has this times its entry of <paramref name="ChannelMult"/>.</param>
/// <param name="AttentionResolutions">Down-sampling factors whose levels carry transformers.</param>
/// <param name="HasMiddle">False only for the pruned 0.7B model.</param>
/// <param name="InitAttnHeads">Heads of the temporal transformer behind the stem; its width is this times <paramref name="HeadDim"/>.</param>
/// <param name="TimeCondDim">Width of the guidance embedding; null for models that need classifier-free guidance instead.</param>
/// <param name="Groups">Groups of every GroupNorm.</param>
/// <param name="SampleSize">Latent height and width the model was made for, when the file says.</param>
/// <param name="Frames">Frames the model was made for, when the file says.</param>
public sealed record UNetConfig(
    string Name = "unet",
    int InChannels = 4,
    int OutChannels = 4,
    int ModelChannels = 320,
    ImmutableArray<int> ChannelMult = default,
    int NumResBlocks = 1,
    ImmutableArray<int> AttentionResolutions = default,
    int HeadDim = 64,
    int ContextDim = 1024,
    bool HasMiddle = true,
    bool InitAttn = true,
    int InitAttnHeads = 8,
    bool FpsCond = true,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] int? TimeCondDim = 256,
    int Groups = 32,
    bool ImageCrossAttention = false,
    int TextContextLen = 77,
    string SpatialConv = "none",
    ImmutableArray<int> SampleSize = default,
    int? Frames = null)
{
    public ImmutableArray<int> ChannelMult { get; init; } = ChannelMult.IsDefault ? [1, 2, 4, 4] : ChannelMult;

    public ImmutableArray<int> AttentionResolutions { get; init; } = AttentionResolutions.IsDefault ? [4, 2, 1] : AttentionResolutions;

    public ImmutableArray<int> SampleSize { get; init; } = SampleSize.IsDefault ? [] : SampleSize;

    /// <summary>Width of the conditioning vector every residual block receives.</summary>
    [JsonIgnore]
    public int EmbeddingDim => 4 * ModelChannels;

    /// <summary>Latent height and width must be multiples of this.</summary>
    [JsonIgnore]
    public int DownsampleFactor => 1 << (ChannelMult.Length - 1);

    internal void Validate(ConfigCheck check)
    {
        check.Range(nameof(InChannels), InChannels, 1, 64);
        check.Range(nameof(OutChannels), OutChannels, 1, 64);
        check.Range(nameof(ModelChannels), ModelChannels, 2, 4096);
        check.Range(nameof(NumResBlocks), NumResBlocks, 1, 8);
        check.Range(nameof(HeadDim), HeadDim, 1, 512);
        check.Range(nameof(ContextDim), ContextDim, 1, 8192);
        check.Range(nameof(InitAttnHeads), InitAttnHeads, 1, 64);
        check.Range(nameof(Groups), Groups, 1, 1024);
        check.Range(nameof(TextContextLen), TextContextLen, 1, 1024);
        check.Range(nameof(TimeCondDim), TimeCondDim ?? 4, 4, 4096);
        check.Range(nameof(Frames), Frames ?? 1, 1, 1024);
        check.List(nameof(ChannelMult), ChannelMult, longest: 8, 1, 64);
        check.List(nameof(AttentionResolutions), AttentionResolutions, longest: 8, 1, 128);
        check.List(nameof(SampleSize), SampleSize, longest: 2, 1, 4096);
        check.That(ChannelMult.Length > 0, "channel_mult", "is empty, expected one factor a level");
        check.That(ModelChannels % 2 == 0, "model_channels", $"is {ModelChannels}, must be even: half of the timestep embedding is cosines, half sines");
        check.That(TimeCondDim is null || TimeCondDim % 2 == 0, "time_cond_dim", $"is {TimeCondDim}, must be even");
        check.That(SampleSize.Length is 0 or 2, "sample_size", $"has {SampleSize.Length} elements, expected height and width");
        check.That(SpatialConv == "none", "spatial_conv", $"is {Quote.Name(SpatialConv)}; only 'none' is supported");
        foreach (int multiplier in ChannelMult)
        {
            int channels = ModelChannels * multiplier;
            check.That(channels % Groups == 0, "groups", $"is {Groups}, which does not divide the {channels} channels of a level");
        }
    }
}

/// <summary>Shape of the AutoencoderKL; vae/config.json. Defaults are Stable Diffusion's.</summary>
/// <param name="Ch">Width of the outermost level.</param>
/// <param name="NumResBlocks">Residual blocks of an encoder level; a decoder level has one more.</param>
/// <param name="Eps">Epsilon of every GroupNorm.</param>
/// <param name="ScalingFactor">Latents are divided by this before decoding.</param>
/// <param name="DownsampleFactor">Must agree with <see cref="PixelsPerLatent"/> when given.</param>
/// <param name="LatentRgbFactors">For previews: red, green and blue that a channel of the latents adds, a row a channel; black is 0, white 1.</param>
/// <param name="LatentRgbBias">For previews: red, green and blue of latents that are zero.</param>
public sealed record AutoencoderConfig(
    int InChannels = 3,
    int OutChannels = 3,
    int Ch = 128,
    ImmutableArray<int> ChMult = default,
    int NumResBlocks = 2,
    int ZChannels = 4,
    int EmbedDim = 4,
    int Groups = 32,
    float Eps = 1e-6f,
    float ScalingFactor = 0.18215f,
    int? DownsampleFactor = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] float[][]? LatentRgbFactors = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] float[]? LatentRgbBias = null)
{
    public ImmutableArray<int> ChMult { get; init; } = ChMult.IsDefault ? [1, 2, 4, 4] : ChMult;

    /// <summary>Pixels along one side of a latent element.</summary>
    [JsonIgnore]
    public int PixelsPerLatent => 1 << (ChMult.Length - 1);

    internal void Validate(ConfigCheck check)
    {
        check.Range(nameof(InChannels), InChannels, 1, 16);
        check.Range(nameof(OutChannels), OutChannels, 1, 16);
        check.Range(nameof(Ch), Ch, 1, 4096);
        check.Range(nameof(NumResBlocks), NumResBlocks, 1, 8);
        check.Range(nameof(ZChannels), ZChannels, 1, 64);
        check.Range(nameof(EmbedDim), EmbedDim, 1, 64);
        check.Range(nameof(Groups), Groups, 1, 1024);
        check.List(nameof(ChMult), ChMult, longest: 8, 1, 64);
        check.That(ChMult.Length > 0, "ch_mult", "is empty, expected one factor a level");
        check.That(Eps is > 0 and < 1, "eps", $"is {Eps}, expected a small positive number such as 1e-6");
        check.That(ScalingFactor is > 0 and < 1000, "scaling_factor", $"is {ScalingFactor}, expected a positive number such as 0.18215");
        check.That((DownsampleFactor ?? PixelsPerLatent) == PixelsPerLatent, "downsample_factor",
            $"is {DownsampleFactor}, but {ChMult.Length} levels make {PixelsPerLatent}");
        foreach (int multiplier in ChMult)
            check.That(Ch * multiplier % Groups == 0, "groups", $"is {Groups}, which does not divide the {Ch * multiplier} channels of a level");
    }

    internal void ValidatePreview(ConfigCheck check)
    {
        if (LatentRgbFactors is null)
            return;
        check.That(LatentRgbFactors.Length == ZChannels && LatentRgbFactors.All(row => row is { Length: 3 }), "latent_rgb_factors",
            $"must be {ZChannels} rows (one a channel) of red, green and blue");
        check.That(LatentRgbBias is { Length: 3 }, "latent_rgb_bias", "must be red, green and blue");
    }
}

/// <summary>Shape of the CLIP text tower; text_encoder/config.json in Hugging Face's names. Defaults are OpenCLIP ViT-H/14.</summary>
/// <param name="MaxPositionEmbeddings">Tokens of a prompt, start and end included.</param>
/// <param name="SkipLast">Blocks at the end that are stored but not run.</param>
/// <param name="HiddenAct">"gelu" (exact, erf) or "quick_gelu".</param>
public sealed record TextEncoderConfig(
    int VocabSize = 49408,
    int MaxPositionEmbeddings = 77,
    int HiddenSize = 1024,
    int IntermediateSize = 4096,
    int NumAttentionHeads = 16,
    int NumHiddenLayers = 24,
    int ProjectionDim = 1024,
    string HiddenAct = "gelu",
    float LayerNormEps = 1e-5f,
    int SkipLast = 1,
    int BosTokenId = 49406,
    int EosTokenId = 49407,
    int PadTokenId = 0)
{
    internal void Validate(ConfigCheck check)
    {
        check.Range(nameof(VocabSize), VocabSize, 3, 1_000_000);
        check.Range(nameof(MaxPositionEmbeddings), MaxPositionEmbeddings, 2, 4096);
        check.Range(nameof(HiddenSize), HiddenSize, 1, 16384);
        check.Range(nameof(IntermediateSize), IntermediateSize, 1, 65536);
        check.Range(nameof(NumAttentionHeads), NumAttentionHeads, 1, 256);
        check.Range(nameof(NumHiddenLayers), NumHiddenLayers, 1, 256);
        check.Range(nameof(ProjectionDim), ProjectionDim, 1, 16384);
        check.Range(nameof(SkipLast), SkipLast, 0, NumHiddenLayers - 1);
        check.Range(nameof(BosTokenId), BosTokenId, 0, VocabSize - 1);
        check.Range(nameof(EosTokenId), EosTokenId, 0, VocabSize - 1);
        check.Range(nameof(PadTokenId), PadTokenId, 0, VocabSize - 1);
        check.That(HiddenSize % NumAttentionHeads == 0, "num_attention_heads", $"is {NumAttentionHeads}, which does not divide hidden_size {HiddenSize}");
        check.That(HiddenAct is "gelu" or "quick_gelu", "hidden_act", $"is {Quote.Name(HiddenAct)}; supported are 'gelu' and 'quick_gelu'");
        check.That(LayerNormEps is > 0 and < 1, "layer_norm_eps", $"is {LayerNormEps}, expected a small positive number such as 1e-5");
    }
}

/// <summary>Noise schedule and sampler; scheduler/scheduler_config.json.</summary>
/// <param name="ClassName">Which sampler: "LCMScheduler", "DDIMScheduler" or "DDPMScheduler".</param>
/// <param name="OriginalInferenceSteps">LCM: steps of the teacher the timesteps are drawn from.</param>
/// <param name="SigmaData">LCM: the boundary condition's data deviation.</param>
/// <param name="Eta">DDIM: 0 deterministic, 1 as noisy as DDPM.</param>
/// <param name="UseScale">DDIM: whether the model was trained with VideoCrafter2's scale array.</param>
/// <param name="ScaleB">DDIM: where the scale array ends; it starts at <paramref name="ScaleA"/>.</param>
/// <param name="MidStep">DDIM: the timestep at which the scale array reaches <paramref name="ScaleB"/>.</param>
/// <param name="NumInferenceSteps">Steps when the user names none.</param>
/// <param name="GuidanceEmbedding">Guidance enters as an embedding (distilled) and not as a second network call.</param>
public sealed record SchedulerConfig(
    [property: JsonPropertyName("_class_name")] string ClassName = "LCMScheduler",
    string BetaSchedule = "scaled_linear",
    double BetaStart = 0.00085,
    double BetaEnd = 0.012,
    int NumTrainTimesteps = 1000,
    string PredictionType = "epsilon",
    int OriginalInferenceSteps = 50,
    double TimestepScaling = 10.0,
    double SigmaData = 0.5,
    double Eta = 0.0,
    bool UseScale = false,
    double ScaleA = 1.0,
    double ScaleB = 0.7,
    int MidStep = 400,
    int NumInferenceSteps = 4,
    double GuidanceScale = 7.5,
    bool GuidanceEmbedding = true)
{
    internal void Validate(ConfigCheck check)
    {
        check.That(BetaSchedule is "scaled_linear" or "linear", "beta_schedule", $"is {Quote.Name(BetaSchedule)}; supported are 'scaled_linear' and 'linear'");
        check.That(PredictionType == "epsilon", "prediction_type", $"is {Quote.Name(PredictionType)}; only 'epsilon' is supported");
        check.That(BetaStart > 0 && BetaStart < BetaEnd && BetaEnd < 1, "beta_start", $"is {BetaStart} with beta_end {BetaEnd}; expected 0 < beta_start < beta_end < 1");
        check.Range(nameof(NumTrainTimesteps), NumTrainTimesteps, 1, 100_000);
        check.Range(nameof(OriginalInferenceSteps), OriginalInferenceSteps, 1, NumTrainTimesteps);
        check.Range(nameof(NumInferenceSteps), NumInferenceSteps, 1, NumTrainTimesteps);
        check.Range(nameof(MidStep), MidStep, 1, 100_000);
        check.That(TimestepScaling is > 0 and < 1e6, "timestep_scaling", $"is {TimestepScaling}, expected a positive number such as 10");
        check.That(SigmaData is > 0 and < 1e6, "sigma_data", $"is {SigmaData}, expected a positive number such as 0.5");
        check.That(Eta is >= 0 and <= 1, "eta", $"is {Eta}, expected 0 to 1");
        check.That(ScaleA is > 0 and < 1e3 && ScaleB is > 0 and < 1e3, "scale_a", $"and scale_b are {ScaleA} and {ScaleB}, expected positive numbers such as 1 and 0.7");
        check.That(GuidanceScale is >= 0 and <= 1000, "guidance_scale", $"is {GuidanceScale}, expected 0 to 1000");
    }
}

/// <summary>What a model folder says about itself; model_index.json.</summary>
public sealed record ModelIndex(
    [property: JsonPropertyName("_class_name")] string ClassName = "HummingbirdPipeline",
    [property: JsonPropertyName("_name_or_path")] string? NameOrPath = null,
    GenerationDefaults? Defaults = null,
    CascadeSettings? Cascade = null)
{
    /// <summary>The class of a MagicVideo folder, whose networks are keyframe_unet, interp_unet, sr_unet and video_vae.</summary>
    public const string MagicVideo = "MagicVideoPipeline";

    public CascadeSettings Cascade { get; init; } = Cascade ?? new CascadeSettings();

    public GenerationDefaults Defaults { get; init; } = Defaults ?? new GenerationDefaults();

    internal void Validate(ConfigCheck check)
    {
        check.Range("defaults.width", Defaults.Width, 8, 16384);
        check.Range("defaults.height", Defaults.Height, 8, 16384);
        check.Range("defaults.frames", Defaults.Frames, 1, 1024);
        check.Range("defaults.fps", Defaults.Fps, 1, 240);
        check.Range("defaults.steps", Defaults.Steps, 1, 1000);
        check.Range("cascade.sr_scale", Cascade.SrScale, 2, 16);
        check.Range("cascade.sr_aug_level", Cascade.SrAugLevel, 0, 999);
        check.That(Defaults.GuidanceScale is >= 0 and <= 1000, "defaults.guidance_scale", $"is {Defaults.GuidanceScale}, expected 0 to 1000");
    }
}

/// <summary>What MagicVideo's super-resolution does.</summary>
/// <param name="SrScale">Pixels out for each pixel in, along each side.</param>
/// <param name="SrAugLevel">The timestep whose noise is added to the enlarged frame, and told to the network.</param>
public sealed record CascadeSettings(int SrScale = 4, int SrAugLevel = 100);

/// <summary>What is generated when the user does not say otherwise.</summary>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
/// <param name="Fps">Frames per second: fed to the network and written to the container.</param>
/// <param name="Sampler">"lcm" or "ddim".</param>
/// <param name="Prompt">An example prompt.</param>
public sealed record GenerationDefaults(
    int Width = 512,
    int Height = 320,
    int Frames = 16,
    int Fps = 8,
    string Sampler = "lcm",
    int Steps = 4,
    double GuidanceScale = 7.5,
    string? NegativePrompt = null,
    string? Prompt = null);

/// <summary>The tokenizer's own settings; tokenizer/tokenizer_config.json.</summary>
/// <param name="BosToken">Text of the start token: a string, or Hugging Face's object with its <c>content</c>.</param>
/// <param name="EosToken">Text of the end token, likewise.</param>
/// <param name="PadTokenId">Overrides the text encoder's padding id when given.</param>
internal sealed record TokenizerConfig(JsonElement? BosToken = null, JsonElement? EosToken = null, int? PadTokenId = null)
{
    public string Start(string file) => TextOf(BosToken, "bos_token", file) ?? "<|startoftext|>";

    public string End(string file) => TextOf(EosToken, "eos_token", file) ?? "<|endoftext|>";

    private static string? TextOf(JsonElement? token, string field, string file)
    {
        if (token is not { } value)
            return null;
        if (value.ValueKind == JsonValueKind.Object && value.TryGetProperty("content", out JsonElement content))
            value = content;
        return value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text
            : throw WeightException.In(file, $"{field} is not the text of a token.");
    }
}
