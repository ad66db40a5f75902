using System.Security.Cryptography;
using System.Text.Json.Serialization.Metadata;
using Hummingbird.Vulkan.Engine.Text;

namespace Hummingbird.Vulkan.Engine.Weights;

/// <summary>A model in the diffusers layout: configurations read at once, weights opened when first asked for.</summary>
/// <remarks>Files: model_index.json, tokenizer/, text_encoder/, unet/, vae/, scheduler/; for MagicVideo keyframe_unet/, video_vae/ and,
/// where the model has them, interp_unet/ and sr_unet/ in place of unet/ and vae/. The nano models are embedded in the assembly.</remarks>
public sealed partial class ModelFolder : IDisposable
{
    private static readonly string[] PublishedMergeLists = ["tokenizer/bpe_simple_vocab_16e6.txt.gz", "tokenizer/bpe_simple_vocab_16e6.txt"];

    private readonly Lazy<IWeightSource> unet, vae, textEncoder;
    private readonly Lazy<string> hash;
    private readonly Lazy<ITokenizer> tokenizer;
    private readonly Func<string, SafetensorsFile?> openPacked;

    /// <summary>A model that is in no folder.</summary>
    public ModelFolder(ModelParts parts)
    {
        DisplayName = parts.Name;
        (Index, UNetConfig, VaeConfig) = (parts.Index, parts.UNetConfig, parts.VaeConfig);
        (TextEncoderConfig, SchedulerConfig) = (parts.TextEncoderConfig, parts.SchedulerConfig);
        (unet, vae, textEncoder) = (new(parts.UNet), new(parts.Vae), new(parts.TextEncoder));
        (tokenizer, hash) = (new(parts.Tokenizer), parts.HashOf is null ? new(parts.Hash) : new(parts.HashOf));
        MagicVideo = parts.MagicVideo;
        SnapVideo = parts.SnapVideo;
        openPacked = parts.OpenPacked ?? (_ => null);
    }

    /// <summary>Another folder's model with other U-Net weights; whoever opened the folder disposes it.</summary>
    private ModelFolder(ModelFolder other, IWeightSource otherUNet, string change)
    {
        DisplayName = other.DisplayName;
        (Index, UNetConfig, VaeConfig) = (other.Index, other.UNetConfig, other.VaeConfig);
        (TextEncoderConfig, SchedulerConfig) = (other.TextEncoderConfig, other.SchedulerConfig);
        (unet, vae, textEncoder, tokenizer) = (new(otherUNet), other.vae, other.textEncoder, other.tokenizer);
        hash = new(() => $"{other.Hash}+{change}");
        openPacked = static _ => null; // those are of other values, and samples may not show it
    }

    private ModelFolder(ModelFiles files)
    {
        DisplayName = files.DisplayName;
        Index = ReadConfig(files, "model_index.json", ModelJson.Default.ModelIndex, static (c, check) => c.Validate(check));
        MagicVideo = Index.ClassName == ModelIndex.MagicVideo ? ReadMagicVideo(files, Index.Cascade) : null;
        UNetConfig = MagicVideo?.SharedUNetConfig
            ?? ReadConfig(files, "unet/config.json", ModelJson.Default.UNetConfig, static (c, check) => c.Validate(check));
        VaeConfig = MagicVideo?.SharedVaeConfig
            ?? ReadConfig(files, "vae/config.json", ModelJson.Default.AutoencoderConfig, static (c, check) => c.Validate(check));
        TextEncoderConfig = ReadConfig(files, "text_encoder/config.json", ModelJson.Default.TextEncoderConfig, static (c, check) => c.Validate(check));
        SchedulerConfig = ReadConfig(files, "scheduler/scheduler_config.json", ModelJson.Default.SchedulerConfig, static (c, check) => c.Validate(check));
        CheckAgreement(files);
        bool isCascade = MagicVideo is not null;
        unet = new(() => OpenWeights(files, isCascade ? MagicVideoParts.KeyframesFolder : "unet", "diffusion_pytorch_model"));
        vae = new(() => OpenWeights(files, isCascade ? MagicVideoParts.VaeFolder : "vae", "diffusion_pytorch_model"));
        textEncoder = new(() => OpenWeights(files, "text_encoder", "model"));
        tokenizer = new(() => OpenTokenizer(files));
        hash = new(ComputeHash);
        openPacked = files.OpenPacked;
    }

    public string DisplayName { get; }

    public ModelIndex Index { get; }

    public UNetConfig UNetConfig { get; }

    public AutoencoderConfig VaeConfig { get; }

    public TextEncoderConfig TextEncoderConfig { get; }

    public SchedulerConfig SchedulerConfig { get; }

    /// <summary>The cascade of a MagicVideo model; null for the other families.</summary>
    public MagicVideoParts? MagicVideo { get; }

    public IWeightSource UNet => unet.Value;

    public IWeightSource Vae => vae.Value;

    public IWeightSource TextEncoder => textEncoder.Value;

    public ITokenizer Tokenizer => tokenizer.Value;

    /// <summary>SHA-256, in lower-case hex, over the weight files of text encoder, U-Net and VAE. Read once, then kept.</summary>
    public string Hash => hash.Value;

    /// <summary>Packed weights of this model; null where it has none of that kind.</summary>
    /// <param name="path">Within the folder.</param>
    /// <exception cref="WeightException">The file is malformed.</exception>
    public SafetensorsFile? OpenPacked(string path) => openPacked(path);

    /// <summary>Opens a folder, or one of the models embedded in the engine by its name; null is the first of <see cref="EmbeddedNames"/>.</summary>
    /// <exception cref="WeightException">The folder or one of its files is missing or malformed.</exception>
    public static ModelFolder Open(string? path = null)
    {
        path ??= ModelFiles.Embedded.Names[0];
        if (IsEmbedded(path))
            return new ModelFolder(new ModelFiles.Embedded(path));
        if (File.Exists(path))
            throw WeightException.In(path, "is a file, expected a model folder. Checkpoints become folders with `hummingbird convert`.");
        if (!Directory.Exists(path))
            throw WeightException.In(path, $"no such model folder. Name a folder that holds model_index.json, or an embedded model: {string.Join(", ", ModelFiles.Embedded.Names)}.");
        ModelFiles files = new ModelFiles.OnDisk(path);
        return OpenSnapVideo(files) ?? new ModelFolder(files);
    }

    /// <summary>The same model with low-rank updates of its U-Net merged as its weights are read; keep this one open meanwhile.</summary>
    /// <param name="updates">By the name of the weight they change.</param>
    /// <param name="file">What messages and metadata call them.</param>
    public ModelFolder WithLora(IReadOnlyDictionary<string, LowRankPair> updates, string file)
        => new(this, new LoraSource(UNet, updates, file), file);

    /// <summary>Names of the models inside the engine; the first runs when none is named.</summary>
    public static IReadOnlyList<string> EmbeddedNames => ModelFiles.Embedded.Names;

    /// <summary>Whether this is the name of a model inside the engine, and not a folder.</summary>
    public static bool IsEmbedded(string name) => ModelFiles.Embedded.Names.Contains(name);

    public void Dispose()
    {
        foreach (Lazy<IWeightSource> source in (IEnumerable<Lazy<IWeightSource>>)[unet, vae, textEncoder, .. OthersOfCascade()])
        {
            if (source.IsValueCreated)
                (source.Value as IDisposable)?.Dispose();
        }
    }

    private static T ReadConfig<T>(ModelFiles files, string path, JsonTypeInfo<T> type, Action<T, ConfigCheck> validate)
    {
        string name = files.NameOf(path);
        if (!files.Exists(path))
            throw WeightException.In(files.DisplayName, $"{path} is missing: not a complete model folder.");
        T config = ConfigCheck.Parse(files.Read(path), name, type);
        validate(config, new ConfigCheck(name));
        return config;
    }

    private static MagicVideoParts ReadMagicVideo(ModelFiles files, CascadeSettings settings)
    {
        MagicNetwork Network(string folder) => new(
            ReadConfig(files, $"{folder}/config.json", ModelJson.Default.MagicUNetConfig, static (c, check) => c.Validate(check)),
            new(() => OpenWeights(files, folder, "diffusion_pytorch_model")));
        MagicNetwork? Optional(string folder) => files.Exists($"{folder}/config.json") ? Network(folder) : null;
        MagicVideoParts parts = new(
            Network(MagicVideoParts.KeyframesFolder).Config,
            ReadConfig(files, $"{MagicVideoParts.VaeFolder}/config.json", ModelJson.Default.VideoVaeConfig, static (c, check) => c.Validate(check)),
            Optional(MagicVideoParts.InterpolationFolder), Optional(MagicVideoParts.UpscalingFolder), settings);
        parts.CheckAgreement(folder => new(files.NameOf($"{folder}/config.json")));
        return parts;
    }

    private IEnumerable<Lazy<IWeightSource>> OthersOfCascade() => MagicVideo?.Others.Select(o => o.Network.Weights) ?? [];

    private void CheckAgreement(ModelFiles files)
    {
        var check = new ConfigCheck(files.NameOf("unet/config.json"));
        check.That(UNetConfig.ContextDim == TextEncoderConfig.HiddenSize, "context_dim",
            $"is {UNetConfig.ContextDim}, but hidden_size of text_encoder/config.json is {TextEncoderConfig.HiddenSize}");
        check.That(UNetConfig.OutChannels == VaeConfig.ZChannels, "out_channels",
            $"is {UNetConfig.OutChannels}, but z_channels of vae/config.json is {VaeConfig.ZChannels}");
        VaeConfig.ValidatePreview(new ConfigCheck(files.NameOf("vae/config.json")));
    }

    private static SafetensorsSource OpenWeights(ModelFiles files, string component, string stem)
    {
        string[] candidates =
        [
            $"{component}/{stem}.safetensors", $"{component}/{stem}{SafetensorsSource.IndexSuffix}", $"{component}/{stem}.fp16.safetensors",
        ];
        string? found = candidates.FirstOrDefault(files.Exists);
        return found is null
            ? throw WeightException.In(files.DisplayName, $"{candidates[0]} (or its .index.json) is missing: not a complete model folder.")
            : files.OpenWeights(found);
    }

    private ClipTokenizer OpenTokenizer(ModelFiles files)
    {
        (int length, int padId) = (TextEncoderConfig.MaxPositionEmbeddings, TextEncoderConfig.PadTokenId);
        ClipTokenizer result;
        if (files.Exists("tokenizer/vocab.json"))
        {
            const string configFile = "tokenizer/tokenizer_config.json";
            string name = files.NameOf(configFile);
            TokenizerConfig config = files.Exists(configFile)
                ? ConfigCheck.Parse(files.Read(configFile), name, ModelJson.Default.TokenizerConfig)
                : new TokenizerConfig();
            result = ClipTokenizer.FromHuggingFace(files.Read("tokenizer/vocab.json"), files.Read("tokenizer/merges.txt"),
                files.NameOf("tokenizer"), length, config.PadTokenId ?? padId, config.Start(name), config.End(name));
        }
        else
        {
            string list = PublishedMergeLists.FirstOrDefault(files.Exists)
                ?? throw WeightException.In(files.DisplayName, $"tokenizer/vocab.json with merges.txt, or {PublishedMergeLists[0]}, is missing: not a complete model folder.");
            result = ClipTokenizer.FromMergeList(files.Read(list), files.NameOf(list), length, padId);
        }

        new ConfigCheck(files.NameOf("tokenizer")).Range("pad_token_id", result.PadId, 0, result.VocabularySize - 1);
        new ConfigCheck(files.NameOf("text_encoder/config.json")).That(result.VocabularySize <= TextEncoderConfig.VocabSize,
            "vocab_size", $"is {TextEncoderConfig.VocabSize}, but the tokenizer has {result.VocabularySize} tokens");
        return result;
    }

    private string ComputeHash()
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (SafetensorsSource source in new[] { textEncoder, unet, vae }.Concat(OthersOfCascade()).Select(s => s.Value).Cast<SafetensorsSource>())
        {
            foreach (SafetensorsFile file in source.Files)
                file.CopyTo(sha.AppendData);
        }

        return Convert.ToHexStringLower(sha.GetHashAndReset());
    }
}

/// <summary>A model put together in memory: configurations, weights and tokenizer.</summary>
/// <param name="Name">What messages and metadata call it.</param>
/// <param name="Hash">Tells its weights from others.</param>
/// <param name="MagicVideo">The rest of a cascade, whose keyframe U-Net and VideoVAE weights are <paramref name="UNet"/> and <paramref name="Vae"/>.</param>
public sealed record ModelParts(
    string Name, ModelIndex Index, UNetConfig UNetConfig, AutoencoderConfig VaeConfig, TextEncoderConfig TextEncoderConfig,
    SchedulerConfig SchedulerConfig, IWeightSource UNet, IWeightSource Vae, IWeightSource TextEncoder, ITokenizer Tokenizer, string Hash,
    MagicVideoParts? MagicVideo = null)
{
    /// <summary>The cascade of a Snap Video model.</summary>
    public SnapVideoParts? SnapVideo { get; init; }

    /// <summary>In place of <see cref="Hash"/> where it takes reading the weights.</summary>
    public Func<string>? HashOf { get; init; }

    /// <summary>Opens packed weights by their path, or gives null.</summary>
    public Func<string, SafetensorsFile?>? OpenPacked { get; init; }
}
