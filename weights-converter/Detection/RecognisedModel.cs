using System.Text.Json.Nodes;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.WeightsConverter.Checkpoints;

namespace Hummingbird.Vulkan.WeightsConverter.Detection;

/// <summary>A model put together of its sources: configurations, every tensor checked against the manifest, and its name.</summary>
internal sealed class RecognisedModel
{
    private readonly List<string> notes = [];
    private readonly Dictionary<string, (string Description, JsonObject? Config)> others = new(StringComparer.Ordinal);

    private RecognisedModel(SourceParts parts) => Parts = parts;

    public SourceParts Parts { get; }

    public string Family { get; private set; } = "";

    public UNetConfig? UNet { get; private set; }

    public AutoencoderConfig? Vae { get; private set; }

    public TextEncoderConfig? TextEncoder { get; private set; }

    /// <summary>The text encoder of a Snap Video model.</summary>
    public T5Config? SnapTextEncoder { get; private set; }

    public SnapSamplerConfig SnapSampler { get; private set; } = new();

    public RrdbConfig? SuperResolution { get; private set; }

    public SchedulerConfig Scheduler { get; private set; } = new();

    public GenerationDefaults Defaults { get; private set; } = new();

    public IReadOnlyList<string> Notes => notes;

    /// <summary>Configurations of MagicVideo's and Snap Video's networks, by component.</summary>
    public IEnumerable<(string Component, JsonObject Config)> OtherConfigs => from other in others where other.Value.Config is not null select (other.Key, other.Value.Config);

    /// <summary>Whether the folder can generate once it has a vocabulary.</summary>
    public bool IsComplete => UNet is not null && Vae is not null && TextEncoder is not null;

    /// <summary>The same of a MagicVideo cascade.</summary>
    public bool IsCascade => TextEncoder is not null && others.ContainsKey(SourceParts.KeyframeUNet) && others.ContainsKey(SourceParts.VideoVae);

    /// <summary>The same of a Snap Video model; the second stage may be missing.</summary>
    public bool IsSnapVideo => SnapTextEncoder is not null && others.TryGetValue(SourceParts.FirstFit, out var first) && first.Config is not null;

    /// <exception cref="WeightException">Tensors are missing, surplus or of the wrong shape.</exception>
    public static RecognisedModel Of(SourceParts parts, ModelFolder? like, PruneTarget? prune)
    {
        var model = new RecognisedModel(parts);
        if (parts.Has(SourceParts.TextEncoder))
            model.CheckTextEncoder(like);
        if (parts.Has(SourceParts.KeyframeUNet) && !parts.Has(SourceParts.UNet) && parts.Has(SourceParts.Vae) && !parts.Has(SourceParts.VideoVae))
            parts.Move(SourceParts.Vae, SourceParts.VideoVae, DiffusersVae.Restored);   // an image model's auto-encoder is a VideoVAE without attention over frames
        if (parts.Has(SourceParts.Vae))
            model.CheckVae(like);
        if (parts.Has(SourceParts.SuperResolution))
            model.CheckSuperResolution();
        model.CheckOthers(like?.SnapVideo);
        if (parts.Has(SourceParts.UNet))
            model.CheckUNet(like, prune);
        else if (parts.Lora is not null)
            throw WeightException.In(parts.LoraFile, "is a LoRA file; give the U-Net it belongs to as well (VideoCrafter2's model.ckpt) in front of it.");
        else if (prune is not null)
            throw new WeightException("--prune needs VideoCrafter2's U-Net among the sources.");
        model.NameFamily(like);
        return model;
    }

    private void CheckUNet(ModelFolder? like, PruneTarget? prune)
    {
        string file = Parts.FileOf(SourceParts.UNet);
        bool isOfVideo = Parts[SourceParts.UNet].Keys.Any(name => name.Contains(".temopral_conv.", StringComparison.Ordinal));
        if (!isOfVideo)
            throw WeightException.In(file, "holds an image U-Net (Stable Diffusion's): it has no temporal layers. Its diffusers release serves as MagicVideo's image weights; this one is in the older names.");
        UNetConfig config = ShapeConfigs.UNet(Parts.Shapes(SourceParts.UNet));
        if (like is not null)
            config = config with { HeadDim = like.UNetConfig.HeadDim, InitAttnHeads = like.UNetConfig.InitAttnHeads, Groups = like.UNetConfig.Groups, Name = like.UNetConfig.Name, SampleSize = like.UNetConfig.SampleSize, Frames = like.UNetConfig.Frames };
        config.Validate(new ConfigCheck($"{file} (U-Net)"));
        UNetManifest.Of(config).Check(Parts.ShapesOf(SourceParts.UNet), file, "U-Net");
        if (Parts.Lora is { } lora)
            config = Merge(config, lora);
        if (prune is not null)
        {
            (config, IEnumerable<SourceTensor> tensors) = Pruning.Prune(config, Parts[SourceParts.UNet], prune == PruneTarget.Hummingbird09B, file);
            Parts.Replace(SourceParts.UNet, tensors);
            UNetManifest.Of(config).Check(Parts.ShapesOf(SourceParts.UNet), file, "pruned U-Net");
            notes.Add("pruned: the student's initialisation, to be distilled; it makes no good videos as it is.");
        }

        UNet = config with { Name = like is null ? NameOf(config) : config.Name };
        (Scheduler, Defaults) = like is not null ? (like.SchedulerConfig, like.Index.Defaults) : SamplerOf(config);
    }

    /// <summary>T2V-Turbo adds a guidance projection whose base no file holds: it starts at zero.</summary>
    private UNetConfig Merge(UNetConfig config, IReadOnlyList<SourceTensor> lora)
    {
        bool addsGuidance = config.TimeCondDim is null && lora.Count == 2 * LoraMerge.Layers(UNetManifest.Of(config with { TimeCondDim = 256 })).Count;
        if (addsGuidance)
        {
            config = config with { TimeCondDim = 256 };
            var zero = new ZeroTensor("time_cond_proj.weight", WeightType.F32, [config.ModelChannels, 256]);
            Parts.Replace(SourceParts.UNet, Parts[SourceParts.UNet].Values.Append(zero));
            notes.Add("the base of the guidance projection is in none of the files: it starts at zero, then takes its LoRA product.");
        }

        Parts.Replace(SourceParts.UNet, LoraMerge.Merge(Parts[SourceParts.UNet], UNetManifest.Of(config), lora, Parts.LoraFile));
        return config;
    }

    private void CheckVae(ModelFolder? like)
    {
        string file = Parts.FileOf(SourceParts.Vae);
        AutoencoderConfig config = ShapeConfigs.Autoencoder(Parts.Shapes(SourceParts.Vae));
        if (like is not null)
            config = config with { Groups = like.VaeConfig.Groups, Eps = like.VaeConfig.Eps, ScalingFactor = like.VaeConfig.ScalingFactor };
        config.Validate(new ConfigCheck($"{file} (VAE)"));
        bool hasEncoder = Parts[SourceParts.Vae].ContainsKey("encoder.conv_in.weight");
        AutoencoderManifest.Of(config, hasEncoder).Check(Parts.ShapesOf(SourceParts.Vae), file, "VAE");
        Vae = config;
    }

    private void CheckTextEncoder(ModelFolder? like)
    {
        string file = Parts.FileOf(SourceParts.TextEncoder);
        if (Parts[SourceParts.TextEncoder].ContainsKey(SnapText.Mark))
        {
            CheckSnapText(like?.SnapVideo, file);
            return;
        }

        TextEncoderConfig config = ShapeConfigs.TextEncoder(Parts.Shapes(SourceParts.TextEncoder));
        if (like is not null)
        {
            TextEncoderConfig from = like.TextEncoderConfig;
            config = config with { NumAttentionHeads = from.NumAttentionHeads, HiddenAct = from.HiddenAct, SkipLast = from.SkipLast, BosTokenId = from.BosTokenId, EosTokenId = from.EosTokenId, PadTokenId = from.PadTokenId, LayerNormEps = from.LayerNormEps };
        }

        config.Validate(new ConfigCheck($"{file} (text encoder)"));
        Manifest manifest = Parts[SourceParts.TextEncoder].ContainsKey(SourceParts.HuggingFaceText)
            ? TextEncoderManifest.OfHuggingFace(config, Parts[SourceParts.TextEncoder].ContainsKey("text_projection.weight"))
            : TextEncoderManifest.Of(config);
        manifest.Check(Parts.ShapesOf(SourceParts.TextEncoder), file, "text encoder");
        TextEncoder = config;
    }

    private void CheckSnapText(SnapVideoParts? like, string file)
    {
        T5Config config = SnapText.Config(Parts.Shapes(SourceParts.TextEncoder));
        if (like is not null)
            config = config with { RelativeAttentionMaxDistance = like.Text.RelativeAttentionMaxDistance, LayerNormEpsilon = like.Text.LayerNormEpsilon, EosTokenId = like.Text.EosTokenId, PadTokenId = like.Text.PadTokenId };
        config.Validate(new ConfigCheck($"{file} (text encoder)"));
        SnapVideoManifest.Of(TensorShapes.Of(config)).Check(Parts.ShapesOf(SourceParts.TextEncoder), file, "text encoder");
        SnapTextEncoder = config;
    }

    private void CheckSuperResolution()
    {
        string file = Parts.FileOf(SourceParts.SuperResolution);
        ComponentShapes w = Parts.Shapes(SourceParts.SuperResolution);
        var config = new RrdbConfig(w.Size("conv_first.weight", 1), w.Size("conv_last.weight", 0), w.Size("conv_first.weight", 0),
            w.Count("body.", ".rdb1.conv1.weight"), w.Size("body.0.rdb1.conv1.weight", 0));
        RrdbManifest.Of(config.NumInCh, config.NumOutCh, config.NumFeat, config.NumBlock, config.NumGrowCh)
            .Check(Parts.ShapesOf(SourceParts.SuperResolution), file, "super-resolution network");
        SuperResolution = config;
    }

    /// <summary>MagicVideo's and Snap Video's networks.</summary>
    private void CheckOthers(SnapVideoParts? like)
    {
        foreach (string component in Parts.Components)
        {
            (string? description, JsonObject? config, Manifest? manifest) = Other(component, Parts.Shapes(component), like);
            if (manifest is null)
                continue;
            manifest.Check(MagicVideoUNet.Broadcast(Parts.ShapesOf(component), manifest), Parts.FileOf(component), component);
            others[component] = (description!, config);
            if (config is null)
                notes.Add($"{component}: frames, height, width and groups do not follow from the shapes; write them to {component}/config.json, or name a model folder that has them with --like.");
        }
    }

    private static (string? Description, JsonObject? Config, Manifest? Manifest) Other(string component, ComponentShapes w, SnapVideoParts? like)
    {
        switch (component)
        {
            case SourceParts.KeyframeUNet or SourceParts.InterpolationUNet or SourceParts.UpscalingUNet:
                MagicVideoUNet unet = MagicVideoUNet.Of(w);
                return (unet.Description, unet.Config, unet.Manifest());
            case SourceParts.VideoVae:
                VideoVae vae = VideoVae.Of(w);
                return ("a MagicVideo VideoVAE", vae.Config, vae.Manifest());
            case SourceParts.FirstFit or SourceParts.SecondFit:
                SnapFit fit = SnapFit.Of(w, component == SourceParts.FirstFit ? like?.First : like?.Second);
                return (fit.IsUpsampler ? "a Snap Video FIT, second stage" : "a Snap Video FIT, first stage", fit.Config is { } known ? SnapFit.Json(known) : null, fit.Manifest());
            default:
                return (null, null, null);
        }
    }

    private static (SchedulerConfig Scheduler, GenerationDefaults Defaults) SamplerOf(UNetConfig config) => config.TimeCondDim is not null
        ? (new SchedulerConfig(), new GenerationDefaults())
        : (new SchedulerConfig(ClassName: "DDIMScheduler", Eta: 1.0, UseScale: true, NumInferenceSteps: 50, GuidanceScale: 12.0, GuidanceEmbedding: false),
            new GenerationDefaults(Fps: 28, Sampler: "ddim", Steps: 50, GuidanceScale: 12.0, NegativePrompt: ""));

    private static string NameOf(UNetConfig config) => config switch
    {
        { TimeCondDim: null, NumResBlocks: 2 } => "videocrafter2",
        { TimeCondDim: not null, NumResBlocks: 2 } => "videocrafter2-turbo",
        { HasMiddle: false } => "hummingbird-0.7b",
        { ImageCrossAttention: true } => "hummingbird-i2v-0.9b",
        _ => "hummingbird-0.9b",
    };

    private void NameFamily(ModelFolder? like)
    {
        if (UNet is null)
        {
            Family = string.Join(" and ", Parts.Components.Select(Describe));
            if (IsCascade)
            {
                Scheduler = new SchedulerConfig(ClassName: "DDIMScheduler", NumInferenceSteps: 50, GuidanceEmbedding: false);
                Defaults = new GenerationDefaults(Width: 256, Height: 256, Frames: 16, Fps: 2, Sampler: "ddim", Steps: 50);
                return;
            }

            if (IsSnapVideo)
            {
                NameSnapVideo(like);
                return;
            }

            notes.Add("no complete model: a folder that generates needs a U-Net, a VAE and a text encoder; give all files in one command.");
            return;
        }

        string name = NameOf(UNet);
        string shown = name switch
        {
            "videocrafter2" => "VideoCrafter2",
            "videocrafter2-turbo" => "VideoCrafter2 with T2V-Turbo",
            "hummingbird-0.7b" => "Hummingbird 0.7B",
            "hummingbird-i2v-0.9b" => "Hummingbird-I2V 0.9B",
            _ => "Hummingbird 0.9B",
        };
        Family = UNet.ModelChannels == 320 || like is not null ? shown : $"a small model of the architecture of {shown}";
        if (UNet.ModelChannels == 320)
            notes.Add(name.StartsWith("video", StringComparison.Ordinal)
                ? "VideoCrafter2's weights are published under Apache-2.0; check the licence where you got them."
                : "Hummingbird's text-to-video weights are published under GPL-3.0, image-to-video under AGPL-3.0; check the licence where you got them.");
        if (!IsComplete)
            notes.Add($"no complete model: {(Vae is null ? "the VAE" : "")}{(Vae is null && TextEncoder is null ? " and " : "")}{(TextEncoder is null ? "the text encoder" : "")} "
                + "is in none of the files; give them all in one command.");
    }

    private void NameSnapVideo(ModelFolder? like)
    {
        SnapSampler = like?.SnapVideo?.Sampler ?? new();
        bool isLarge = Parts.Has(SourceParts.SecondFit);
        SnapVideoArchitecture published = SnapVideoArchitecture.All.First(a => a.Second is not null == isLarge);
        Defaults = like?.SnapVideo is null ? published.Defaults : like.Index.Defaults;
        if (!isLarge)
            notes.Add("without a second stage (fit_stage2) videos have the first one's size.");
    }

    private string Describe(string component) => component switch
    {
        SourceParts.Vae => "an AutoencoderKL",
        SourceParts.TextEncoder => SnapTextEncoder is null ? "a CLIP text encoder" : "a T5 text encoder",
        SourceParts.SuperResolution => "an RRDBNet super-resolution network",
        _ => others[component].Description,
    };
}

/// <summary>Shape of RRDBNet; super_resolution/config.json, in BasicSR's names.</summary>
internal sealed record RrdbConfig(int NumInCh, int NumOutCh, int NumFeat, int NumBlock, int NumGrowCh, int Scale = 4);
