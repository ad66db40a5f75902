using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.WeightsConverter.Checkpoints;

namespace Hummingbird.Vulkan.WeightsConverter.Detection;

/// <summary>The networks a set of files holds: component name (its folder in a model folder) to tensors by name.</summary>
internal sealed class SourceParts
{
    public const string UNet = "unet", Vae = "vae", TextEncoder = "text_encoder", SuperResolution = "super_resolution";

    // MagicVideo's and Snap Video's networks.
    public const string KeyframeUNet = "keyframe_unet", InterpolationUNet = "interp_unet", UpscalingUNet = "sr_unet", VideoVae = "video_vae", FirstFit = "fit_stage1", SecondFit = "fit_stage2";

    /// <summary>By which CLIP's text tower in Hugging Face's names is known.</summary>
    public const string HuggingFaceText = "text_model.embeddings.token_embedding.weight";

    private static readonly (string Prefix, string Component)[] FullPrefixes =
    [
        ("model.diffusion_model.", UNet), ("first_stage_model.", Vae), ("cond_stage_model.model.", TextEncoder),
    ];

    // A tensor by which a network is known where its names carry no prefix.
    private static readonly (string Name, string Component)[] Marks =
    [
        ("input_blocks.0.0.weight", UNet), ("decoder.conv_in.weight", Vae), ("transformer.resblocks.0.ln_1.weight", TextEncoder),
        (HuggingFaceText, TextEncoder), (SnapText.Mark, TextEncoder),
        ("conv_first.weight", SuperResolution), ("down_blocks.0.resnets.0.norm1.weight", KeyframeUNet), ("blocks.0.read_attn.to_q.weight", FirstFit),
    ];

    private static readonly string[] VaeNames = ["encoder.", "decoder.", "quant_conv.", "post_quant_conv."];
    private static readonly string[] TextNames =
        ["positional_embedding", "text_projection", "logit_scale", "token_embedding.", "transformer.", "ln_final.", "text_model."];

    /// <summary>The components a model folder may have.</summary>
    public static readonly string[] Folders = [UNet, Vae, TextEncoder, SuperResolution, KeyframeUNet, InterpolationUNet, UpscalingUNet, VideoVae, FirstFit, SecondFit];

    private readonly Dictionary<string, Dictionary<string, SourceTensor>> parts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> fileOf = new(StringComparer.Ordinal);

    /// <summary>The layers of a LoRA file: up 0, down 0, up 1, down 1 ...; null without one.</summary>
    public IReadOnlyList<SourceTensor>? Lora { get; private set; }

    public string LoraFile { get; private set; } = "";

    public IEnumerable<string> Components => parts.Keys.Order(StringComparer.Ordinal);

    /// <summary>Where a component's weights may lie in a model folder; the first is where they are written.</summary>
    public static string[] FilesOf(string component)
    {
        string stem = component == TextEncoder ? $"{component}/model" : $"{component}/diffusion_pytorch_model";
        return [$"{stem}.safetensors", stem + SafetensorsSource.IndexSuffix, $"{stem}.fp16.safetensors"];
    }

    public bool Has(string component) => parts.ContainsKey(component);

    public IReadOnlyDictionary<string, SourceTensor> this[string component] => parts[component];

    public string FileOf(string component) => fileOf[component];

    public ComponentShapes Shapes(string component) => new(ShapesOf(component), FileOf(component), component);

    public Dictionary<string, ImmutableArray<long>> ShapesOf(string component) =>
        parts[component].ToDictionary(pair => pair.Key, pair => pair.Value.Shape, StringComparer.Ordinal);

    public void Replace(string component, IEnumerable<SourceTensor> tensors) =>
        parts[component] = tensors.ToDictionary(t => t.Name, StringComparer.Ordinal);

    /// <summary>Gives a component's tensors, under other names, to another component.</summary>
    public void Move(string from, string to, Func<IReadOnlyCollection<SourceTensor>, IEnumerable<SourceTensor>> rename)
    {
        SourceTensor[] tensors = [.. rename(parts[from].Values)];
        parts.Remove(from);
        fileOf[to] = fileOf[from];
        Replace(to, tensors);
    }

    /// <summary>Adds what a file holds; a network that is there already is replaced by the later file's.</summary>
    /// <exception cref="WeightException">No known network is in the file.</exception>
    public void Add(Checkpoint checkpoint)
    {
        if (checkpoint.IsList)
        {
            Lora = [.. Enumerable.Range(0, checkpoint.Tensors.Count).Select(i => checkpoint.Tensors[i.ToString()])];
            LoraFile = checkpoint.DisplayName;
            return;
        }

        bool isFull = false;
        foreach ((string prefix, string component) in FullPrefixes)
        {
            SourceTensor[] tensors = [.. checkpoint.Tensors.Values.Where(t => t.Name.StartsWith(prefix, StringComparison.Ordinal)).Select(t => t.As(t.Name[prefix.Length..]))];
            isFull |= tensors.Length > 0;
            if (tensors.Length > 0)
                Add(component, checkpoint.DisplayName, tensors);
        }

        if (!isFull)
            AddBare(checkpoint);
    }

    /// <summary>Adds one component of a folder.</summary>
    public void Add(string component, Checkpoint checkpoint)
    {
        bool isOfImages = component == UNet && checkpoint.Tensors.ContainsKey("down_blocks.0.resnets.0.norm1.weight");
        Add(Narrowed(isOfImages ? KeyframeUNet : component, checkpoint), checkpoint.DisplayName, checkpoint.Tensors.Values);
    }

    private void AddBare(Checkpoint checkpoint)
    {
        string? component = Marks.FirstOrDefault(mark => checkpoint.Tensors.ContainsKey(mark.Name)).Component;
        if (component is null)
            throw WeightException.In(checkpoint.DisplayName, $"holds {checkpoint.Tensors.Count} tensors of no model known here, such as "
                + $"{string.Join(", ", checkpoint.Tensors.Keys.Order(StringComparer.Ordinal).Take(5).Select(Quote.Name))}. {Hint}");
        Add(Narrowed(component, checkpoint), checkpoint.DisplayName, checkpoint.Tensors.Values);
    }

    /// <summary>Which of several networks of one kind: told by what goes in, and by what lies beside.</summary>
    private static string Narrowed(string component, Checkpoint checkpoint) => component switch
    {
        KeyframeUNet when Inputs(checkpoint, "conv_in.weight") == 5 => InterpolationUNet,
        KeyframeUNet when Inputs(checkpoint, "conv_in.weight") == 6 => UpscalingUNet,
        FirstFit when Inputs(checkpoint, "patch_embed.proj.weight") > Outputs(checkpoint, "unpatch.weight") => SecondFit,
        Vae when checkpoint.Tensors.ContainsKey("decoder.temporal_attentions.0.pos_emb") => VideoVae,
        _ => component,
    };

    private static long Inputs(Checkpoint checkpoint, string name) => checkpoint.Tensors.TryGetValue(name, out SourceTensor? tensor) && tensor.Shape.Length > 1 ? tensor.Shape[1] : 0;

    private static long Outputs(Checkpoint checkpoint, string name) => checkpoint.Tensors.TryGetValue(name, out SourceTensor? tensor) && tensor.Shape.Length > 0 ? tensor.Shape[0] : 0;

    private const string Hint = "Known are Hummingbird, VideoCrafter2, T2V-Turbo LoRA, OpenCLIP, CLIP and T5 text encoders, AutoencoderKL, RRDBNet, MagicVideo and Snap FIT; "
        + "an output ending in .safetensors takes any file as it is.";

    private void Add(string component, string file, IEnumerable<SourceTensor> tensors)
    {
        IEnumerable<SourceTensor> useful = component switch
        {
            Vae => InOneNaming(tensors.Where(t => VaeNames.Any(n => t.Name.StartsWith(n, StringComparison.Ordinal)))),
            TextEncoder when tensors.Any(t => t.Name == SnapText.Mark) => SnapText.Encoder(tensors),
            TextEncoder => tensors.Where(t => TextNames.Any(n => t.Name.StartsWith(n, StringComparison.Ordinal)) && !t.Name.EndsWith("attn_mask", StringComparison.Ordinal) && !t.Name.EndsWith("position_ids", StringComparison.Ordinal)),
            _ => tensors,
        };
        var byName = new Dictionary<string, SourceTensor>(StringComparer.Ordinal);
        foreach (SourceTensor tensor in useful.Select(OneSpelling))
        {
            if (!byName.TryAdd(tensor.Name, tensor))
                throw WeightException.In(file, $"holds {Quote.Name(tensor.Name)} in both spellings of temporal convolutions.");
        }

        parts[component] = byName;
        fileOf[component] = file;
    }

    private static IEnumerable<SourceTensor> InOneNaming(IEnumerable<SourceTensor> tensors)
    {
        SourceTensor[] all = [.. tensors];
        return DiffusersVae.Is(all.Select(t => t.Name)) ? DiffusersVae.Renamed(all) : all;
    }

    /// <summary>Temporal convolutions saved as 2-D ones: X.conv2d.weight [C, C, 3, 1] is X.weight [C, C, 3, 1, 1].</summary>
    private static SourceTensor OneSpelling(SourceTensor tensor)
    {
        if (!tensor.Name.Contains(".temopral_conv.", StringComparison.Ordinal))
            return tensor;
        string name = tensor.Name.Replace(".conv2d.", ".", StringComparison.Ordinal);
        return tensor.Shape.Length == 4 ? tensor.As(name, [.. tensor.Shape, 1]) : tensor.As(name);
    }
}
