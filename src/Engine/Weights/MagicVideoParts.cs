namespace Hummingbird.Vulkan.Engine.Weights;

/// <summary>A network of a cascade: its shape, and its weights, opened when first asked for.</summary>
public sealed record MagicNetwork(MagicUNetConfig Config, Lazy<IWeightSource> Weights);

/// <summary>What a MagicVideo model has besides text encoder, keyframe weights (<see cref="ModelFolder.UNet"/>) and VideoVAE weights
/// (<see cref="ModelFolder.Vae"/>).</summary>
/// <param name="Keyframes">Shape of the keyframe U-Net.</param>
/// <param name="Vae">Shape of the VideoVAE.</param>
/// <param name="Interpolation">Frames between keyframes; null where the model has none.</param>
/// <param name="Upscaling">Super-resolution; null where the model has none.</param>
/// <param name="Settings">Of super-resolution.</param>
public sealed record MagicVideoParts(
    MagicUNetConfig Keyframes, VideoVaeConfig Vae, MagicNetwork? Interpolation, MagicNetwork? Upscaling, CascadeSettings Settings)
{
    public const string KeyframesFolder = "keyframe_unet", InterpolationFolder = "interp_unet", UpscalingFolder = "sr_unet", VaeFolder = "video_vae";

    /// <summary>Noise schedule of super-resolution: that of the original DDPM.</summary>
    public static SchedulerConfig UpscalingSchedule(SchedulerConfig sampler)
        => sampler with { BetaSchedule = "linear", BetaStart = 1e-4, BetaEnd = 2e-2 };

    /// <summary>The keyframe network in the terms all denoisers share: what it reads and how far it halves its input.</summary>
    public UNetConfig SharedUNetConfig => new(
        Name: "magicvideo", InChannels: Keyframes.InChannels, OutChannels: Keyframes.OutChannels, ModelChannels: Keyframes.BlockOutChannels[0],
        ChannelMult: [.. Keyframes.BlockOutChannels.Select(c => Math.Max(1, c / Keyframes.BlockOutChannels[0]))],
        ContextDim: Keyframes.ContextDim, TimeCondDim: null, Groups: Keyframes.NormGroups, Frames: Keyframes.NumFrames);

    /// <summary>The VideoVAE in the terms all auto-encoders share.</summary>
    public AutoencoderConfig SharedVaeConfig => new(
        InChannels: Vae.InChannels, OutChannels: Vae.InChannels, Ch: Vae.Channels, ChMult: Vae.Mults, NumResBlocks: Vae.LayersPerBlock,
        ZChannels: Vae.ZChannels, Groups: Vae.NormGroups, ScalingFactor: Vae.Scale);

    /// <summary>Networks that are there, besides keyframes and VideoVAE, by the names of their folders.</summary>
    public IEnumerable<(string Name, MagicNetwork Network)> Others
    {
        get
        {
            if (Interpolation is not null)
            {
                yield return (InterpolationFolder, Interpolation);
            }

            if (Upscaling is not null)
            {
                yield return (UpscalingFolder, Upscaling);
            }
        }
    }

    /// <summary>Whether the networks fit each other.</summary>
    internal void CheckAgreement(Func<string, ConfigCheck> checkOf)
    {
        ConfigCheck keyframes = checkOf(KeyframesFolder);
        keyframes.That(Keyframes.InChannels == Vae.ZChannels, "in_channels", $"is {Keyframes.InChannels}, but z_channels of video_vae/config.json is {Vae.ZChannels}");
        if (Interpolation is { Config: { } between })
        {
            ConfigCheck check = checkOf(InterpolationFolder);
            check.That(between.InChannels == Vae.ZChannels + 1, "in_channels", $"is {between.InChannels}, expected {Vae.ZChannels + 1}: the latents and the mask");
            check.That(between.OutChannels == Vae.ZChannels, "out_channels", $"is {between.OutChannels}, expected the {Vae.ZChannels} channels of a latent");
            check.That(between.NumFrames >= 3, "num_frames", $"is {between.NumFrames}, expected 3 or more: two keyframes and what lies between");
            check.That(between.ContextDim == Keyframes.ContextDim, "context_dim", $"is {between.ContextDim}, but {Keyframes.ContextDim} in keyframe_unet");
        }

        if (Upscaling is { Config: { } larger })
        {
            ConfigCheck check = checkOf(UpscalingFolder);
            check.That(larger.InChannels == 2 * Vae.InChannels && larger.OutChannels == Vae.InChannels, "in_channels",
                $"and out_channels are {larger.InChannels} and {larger.OutChannels}, expected {2 * Vae.InChannels} (noise and the enlarged frame) and {Vae.InChannels}");
            check.That(larger.NumFrames == 1, "num_frames", $"is {larger.NumFrames}, expected 1: each frame is enlarged by itself");
            check.That(larger.ContextDim == Keyframes.ContextDim, "context_dim", $"is {larger.ContextDim}, but {Keyframes.ContextDim} in keyframe_unet");
        }
    }
}
