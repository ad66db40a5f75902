using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Hummingbird.Vulkan.Engine.Weights;

/// <summary>Shape of a MagicVideo U-Net; config.json of keyframe_unet, interp_unet and sr_unet. Defaults are the keyframe model.</summary>
/// <param name="BlockOutChannels">Width of each level.</param>
/// <param name="AttnLevels">Whether the level has space-time attention.</param>
/// <param name="LayersPerBlock">Residual blocks of a level on the way down; one more on the way up.</param>
/// <param name="Heads">Of every attention.</param>
/// <param name="NumFrames">Frames the adaptors and frame positions are stored for; 1 for an image model without any.</param>
/// <param name="MaskMode">"pre": what must not be seen is left out of the softmax; "post": it is zeroed behind the softmax.</param>
public sealed record MagicUNetConfig(
    int InChannels = 4,
    int OutChannels = 4,
    ImmutableArray<int> BlockOutChannels = default,
    ImmutableArray<bool> AttnLevels = default,
    int LayersPerBlock = 2,
    int Heads = 8,
    int ContextDim = 768,
    int NormGroups = 32,
    int NumFrames = 16,
    string MaskMode = "pre")
{
    public ImmutableArray<int> BlockOutChannels { get; init; } = BlockOutChannels.IsDefault ? [320, 640, 1280, 1280] : BlockOutChannels;

    public ImmutableArray<bool> AttnLevels { get; init; } = AttnLevels.IsDefault ? [true, true, true, false] : AttnLevels;

    /// <summary>Width of the conditioning vector every residual block receives.</summary>
    [JsonIgnore]
    public int EmbeddingDim => 4 * BlockOutChannels[0];

    /// <summary>Height and width of the input must be multiples of this.</summary>
    [JsonIgnore]
    public int DownsampleFactor => 1 << (BlockOutChannels.Length - 1);

    internal void Validate(ConfigCheck check)
    {
        check.Range(nameof(InChannels), InChannels, 1, 64);
        check.Range(nameof(OutChannels), OutChannels, 1, 64);
        check.Range(nameof(LayersPerBlock), LayersPerBlock, 1, 8);
        check.Range(nameof(Heads), Heads, 1, 256);
        check.Range(nameof(ContextDim), ContextDim, 1, 8192);
        check.Range(nameof(NormGroups), NormGroups, 1, 1024);
        check.Range(nameof(NumFrames), NumFrames, 1, 1024);
        check.List(nameof(BlockOutChannels), BlockOutChannels, longest: 8, 2, 16384);
        check.That(BlockOutChannels.Length > 0, "block_out_channels", "is empty, expected one width a level");
        check.That(AttnLevels.Length == BlockOutChannels.Length, "attn_levels",
            $"has {AttnLevels.Length} elements, expected one for each of the {BlockOutChannels.Length} levels of block_out_channels");
        check.That(BlockOutChannels[0] % 2 == 0, "block_out_channels", $"begins with {BlockOutChannels[0]}, must be even: half of the timestep embedding is cosines, half sines");
        check.That(MaskMode is "pre" or "post", "mask_mode", $"is {Quote.Name(MaskMode)}; supported are 'pre' and 'post'");
        foreach (int channels in BlockOutChannels)
        {
            check.That(channels % NormGroups == 0, "norm_groups", $"is {NormGroups}, which does not divide the {channels} channels of a level");
            check.That(channels % Heads == 0, "heads", $"is {Heads}, which does not divide the {channels} channels of a level");
        }
    }
}

/// <summary>Shape of the VideoVAE; video_vae/config.json.</summary>
/// <param name="Channels">Width of the outermost level.</param>
/// <param name="Mults">Width of each level over <paramref name="Channels"/>.</param>
/// <param name="NumFrames">Frames that are decoded together.</param>
/// <param name="TemporalSites">Where the decoder's directed attention layers stand: "mid", "up.0", "up.1" ...</param>
/// <param name="Scale">Latents are divided by this before decoding.</param>
public sealed record VideoVaeConfig(
    int InChannels = 3,
    int ZChannels = 4,
    int Channels = 128,
    ImmutableArray<int> Mults = default,
    int LayersPerBlock = 2,
    int NormGroups = 32,
    int NumFrames = 16,
    int TemporalHeads = 8,
    ImmutableArray<string> TemporalSites = default,
    string MaskMode = "pre",
    float Scale = 0.18215f)
{
    public ImmutableArray<int> Mults { get; init; } = Mults.IsDefault ? [1, 2, 4, 4] : Mults;

    public ImmutableArray<string> TemporalSites { get; init; } = TemporalSites.IsDefault ? ["mid", "up.1"] : TemporalSites;

    /// <summary>Pixels along one side of a latent element.</summary>
    [JsonIgnore]
    public int PixelsPerLatent => 1 << (Mults.Length - 1);

    internal void Validate(ConfigCheck check)
    {
        check.Range(nameof(InChannels), InChannels, 1, 16);
        check.Range(nameof(ZChannels), ZChannels, 1, 64);
        check.Range(nameof(Channels), Channels, 1, 4096);
        check.Range(nameof(LayersPerBlock), LayersPerBlock, 1, 8);
        check.Range(nameof(NormGroups), NormGroups, 1, 1024);
        check.Range(nameof(NumFrames), NumFrames, 1, 1024);
        check.Range(nameof(TemporalHeads), TemporalHeads, 1, 256);
        check.List(nameof(Mults), Mults, longest: 8, 1, 64);
        check.That(Mults.Length > 0, "mults", "is empty, expected one factor a level");
        check.That(Scale is > 0 and < 1000, "scale", $"is {Scale}, expected a positive number such as 0.18215");
        check.That(MaskMode is "pre" or "post", "mask_mode", $"is {Quote.Name(MaskMode)}; supported are 'pre' and 'post'");
        foreach (int multiplier in Mults)
        {
            check.That(Channels * multiplier % NormGroups == 0, "norm_groups", $"is {NormGroups}, which does not divide the {Channels * multiplier} channels of a level");
        }

        string[] sites = ["mid", .. Enumerable.Range(0, Mults.Length).Select(level => $"up.{level}")];
        foreach (string site in TemporalSites)
        {
            check.That(sites.Contains(site), "temporal_sites", $"names {Quote.Name(site)}; there are {string.Join(", ", sites)}");
        }
    }
}
