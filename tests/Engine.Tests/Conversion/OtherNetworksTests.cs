using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.WeightsConverter;
using Hummingbird.Vulkan.WeightsConverter.Checkpoints;
using Hummingbird.Vulkan.WeightsConverter.Detection;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Conversion;

/// <summary>MagicVideo's and Snap Video's networks, and Stable Diffusion's where they serve.</summary>
public sealed class OtherNetworksTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("convert").FullName;

    // Count, parameters and the first half of the SHA-256 over the sorted lines "name d,d,d\n" of the reference's own networks.
    public static TheoryData<string, int, long, string> Published => new()
    {
        { "keyframe_unet", 952, 913_244_164, "e39faea45db02e26d681fa2cf3f661be" },
        { "interp_unet", 952, 911_821_444, "e355d1b56d705f965955c774f348903f" },
        { "sr_unet", 492, 396_006_019, "842d5adf26ad6a317bab1769f5e1d857" },
        { "video_vae", 264, 85_770_471, "dbaee122c522fc0b5bdbf2ff1dfa3c74" },
        { "fit_stage1", 426, 3_920_449_600, "b5efa9b0c722cd060210b37a98cec3b4" },
        { "fit_stage2", 431, 4_073_141_320, "eb932ed5fc8513f6ef889b7a3347dc72" },
        { "fit_500m", 426, 499_765_056, "308811e943bc8f6b4dc5ddc64e71bae2" },
    };

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [MemberData(nameof(Published))]
    public void Names_and_shapes_follow_from_a_few_shapes(string name, int tensors, long parameters, string hash)
    {
        Manifest manifest = Of(name);
        string text = string.Concat(manifest.Entries.OrderBy(e => e.Name, StringComparer.Ordinal).Select(e => $"{e.Name} {string.Join(',', e.Shape)}\n"));
        Assert.Equal(tensors, manifest.Entries.Count);
        Assert.Equal(parameters, manifest.Parameters);
        Assert.Equal(hash, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..32]);
    }

    [Theory]
    [InlineData(true, true, "a MagicVideo U-Net", 4)]
    [InlineData(false, true, "a MagicVideo U-Net", 4)]
    [InlineData(false, false, "a Stable Diffusion 1.x U-Net", 16)]
    public void A_U_Net_with_and_without_its_video_layers_is_recognised(bool hasAdaptors, bool hasTemporal, string family, int frames)
    {
        Manifest manifest = MagicVideoUNet.Of(UNetShapes(4, 4, [8, 16], [true, false], layers: 1, hasAdaptors ? 4 : 0, hasTemporal ? 4 : 0)).Manifest();
        string output = Path.Combine(folder, "out");
        // An adaptor for all channels at once is [frames] long.
        ConversionReport report = Converter.Run(new([Write(manifest, e => e.Name.EndsWith("adaptor1.gamma", StringComparison.Ordinal) ? [e.Shape[0]] : e.Shape)], output), cancellation: TestContext.Current.CancellationToken);
        Assert.StartsWith(family, report.Family, StringComparison.Ordinal);
        using JsonDocument config = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(output, "keyframe_unet", "config.json")));
        Assert.Equal(frames, config.RootElement.GetProperty("num_frames").GetInt32());
        Assert.Equal("[true,false]", JsonSerializer.Serialize(config.RootElement.GetProperty("attn_levels")));
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(output, "keyframe_unet", "diffusion_pytorch_model.safetensors"));
        Assert.Equal(manifest.Entries.Select(e => e.Name).Order(StringComparer.Ordinal), file.Tensors.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_is_missing_and_misshapen_is_named()
    {
        Manifest manifest = Of("fit_500m");
        var tensors = manifest.Entries.Where(e => e.Name != "blocks.3.write_ff.fc2.bias").Select(e => e.Name == "blocks.1.read_attn.to_kv.weight" ? e with { Shape = [3, 3] } : e);
        var error = Assert.Throws<WeightException>(() => manifest.Check(tensors.ToDictionary(e => e.Name, e => e.Shape), "f.pt", "fit_stage1"));
        Assert.Contains("1 missing: 'blocks.3.write_ff.fc2.bias'", error.Message, StringComparison.Ordinal);
        Assert.Contains("1 of another shape: 'blocks.1.read_attn.to_kv.weight' [3, 3], expected [1536, 768]", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("to_q", "to_k", "to_v", "to_out.0")]
    [InlineData("query", "key", "value", "proj_attn")]
    public void An_auto_encoder_in_diffusers_names_gives_the_same_folder(string q, string k, string v, string o)
    {
        using SafetensorsFile file = SafetensorsFile.Open(Hummingbird.Vulkan.Vectors.TestData.VectorPath("vae_tiny.safetensors"));
        var tensors = file.Tensors.Values.Where(t => t.Name.StartsWith("w.", StringComparison.Ordinal)).Select(t => (Name: t.Name[2..], Entry: t)).ToArray();
        string original = Write("ldm", tensors.Select(t => Copy(file, t.Entry, t.Name, t.Entry.Shape)));
        string renamed = Write("diffusers", tensors.Select(t =>
        {
            string name = Diffusers(t.Name, levels: 2, (q, k, v, o));
            bool isLinear = name.Contains("attentions", StringComparison.Ordinal) && t.Entry.Shape.Length == 4;
            return Copy(file, t.Entry, name, isLinear ? t.Entry.Shape[..2] : t.Entry.Shape);
        }));
        Assert.Equal(Vae(original), Vae(renamed));
    }

    /// <summary>U-Net, auto-encoder and CLIP of an image model, as diffusers and Hugging Face name them: a folder that plans a video.</summary>
    [Fact]
    public void Image_weights_become_a_MagicVideo_folder()
    {
        Manifest unet = MagicVideoUNet.Of(UNetShapes(4, 4, [32, 64], [true, false], layers: 1, 0, 0)).Manifest();
        var vae = TensorShapes.Of(new VideoVaeConfig(Channels: 32, Mults: [1, 2], LayersPerBlock: 1, TemporalSites: []));
        TextEncoderConfig text = new(VocabSize: 514, HiddenSize: 768, IntermediateSize: 64, NumHiddenLayers: 1);
        string output = Path.Combine(folder, "magic");
        string[] sources =
        [
            Write("unet", unet.Entries.Select(e => Zeros(e.Name, e.Shape))),
            Write("vae", vae.Select(t => Zeros(t.Key, [.. t.Value.Select(d => (long)d)]))),
            Write("clip", TextEncoderManifest.OfHuggingFace(text, hasProjection: false).Entries.Select(e => Zeros(e.Name, e.Shape))),
        ];
        ConversionReport report = Converter.Run(new(sources, output), cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(["keyframe_unet", "text_encoder", "video_vae"], report.Components.Select(c => c.Name));
        Directory.CreateDirectory(Path.Combine(output, "tokenizer"));
        File.WriteAllText(Path.Combine(output, "tokenizer", "bpe_simple_vocab_16e6.txt"), "#no merges\n");
        using ModelFolder model = ModelFolder.Open(output);
        Assert.Equal(("quick_gelu", 0, 12), (model.TextEncoderConfig.HiddenAct, model.TextEncoderConfig.SkipLast, model.TextEncoderConfig.NumAttentionHeads));
        Assert.Equal((2, 8, 16), (model.MagicVideo!.Vae.Mults.Length, model.MagicVideo.Keyframes.Heads, model.MagicVideo.Keyframes.NumFrames));
        GenerationRequest request = new("x", "", 1, 2, 16, 2, 64, 64, 7.5, "ddim");
        GenerationPlan plan = GenerationPlan.Create(request, model, StorageTypes.Single, GraphPlanner.Reference with { MaxBlockInBytes = 1L << 30 });
        Assert.Equal(["text_encoder", "conditioning", "keyframes", "vae_window"], plan.Graphs.Select(g => g.Graph));
    }

    private static TensorToWrite Zeros(string name, ImmutableArray<long> shape)
        => new(name, WeightType.F16, shape, stream => stream.Write(new byte[2 * shape.Aggregate(1L, (a, b) => a * b)]));

    private byte[] Vae(string source)
    {
        string output = source + ".out";
        Converter.Run(new([source], output), cancellation: TestContext.Current.CancellationToken);
        return [.. File.ReadAllBytes(Path.Combine(output, "vae", "config.json")), .. File.ReadAllBytes(Path.Combine(output, "vae", "diffusion_pytorch_model.safetensors"))];
    }

    private static string Diffusers(string name, int levels, (string Q, string K, string V, string O) attention)
    {
        string[] parts = name.Split('.');
        if (parts is ["decoder", "up", ..])
            parts[2] = (levels - 1 - int.Parse(parts[2])).ToString();
        return string.Join('.', parts)
            .Replace("encoder.down.", "encoder.down_blocks.", StringComparison.Ordinal).Replace("decoder.up.", "decoder.up_blocks.", StringComparison.Ordinal)
            .Replace(".block.", ".resnets.", StringComparison.Ordinal).Replace("nin_shortcut", "conv_shortcut", StringComparison.Ordinal)
            .Replace("downsample.conv", "downsamplers.0.conv", StringComparison.Ordinal).Replace("upsample.conv", "upsamplers.0.conv", StringComparison.Ordinal)
            .Replace("mid.block_1", "mid_block.resnets.0", StringComparison.Ordinal).Replace("mid.block_2", "mid_block.resnets.1", StringComparison.Ordinal)
            .Replace("mid.attn_1.norm", "mid_block.attentions.0.group_norm", StringComparison.Ordinal).Replace("mid.attn_1.q.", $"mid_block.attentions.0.{attention.Q}.", StringComparison.Ordinal)
            .Replace("mid.attn_1.k.", $"mid_block.attentions.0.{attention.K}.", StringComparison.Ordinal).Replace("mid.attn_1.v.", $"mid_block.attentions.0.{attention.V}.", StringComparison.Ordinal)
            .Replace("mid.attn_1.proj_out", $"mid_block.attentions.0.{attention.O}", StringComparison.Ordinal).Replace(".norm_out.", ".conv_norm_out.", StringComparison.Ordinal);
    }

    private static TensorToWrite Copy(SafetensorsFile file, TensorEntry entry, string name, ImmutableArray<long> shape) => new(name, entry.Type, shape, stream =>
    {
        byte[] values = new byte[entry.SizeInBytes];
        file.Read(entry, values);
        stream.Write(values);
    });

    private string Write(Manifest manifest, Func<ManifestEntry, ImmutableArray<long>> shapeOf) => Write("source", manifest.Entries.Select(e =>
    {
        ImmutableArray<long> shape = shapeOf(e);
        return new TensorToWrite(e.Name, WeightType.F16, shape, stream => stream.Write(new byte[2 * shape.Aggregate(1L, (a, b) => a * b)]));
    }));

    private string Write(string name, IEnumerable<TensorToWrite> tensors)
    {
        string path = Path.Combine(folder, name);
        SafetensorsWriter.Write(path, tensors);
        return path;
    }

    private static Manifest Of(string name) => name switch
    {
        "keyframe_unet" => MagicVideoUNet.Of(UNetShapes(4, 4, [320, 640, 1280, 1280], [true, true, true, false], 2, 16, 16)).Manifest(),
        "interp_unet" => MagicVideoUNet.Of(UNetShapes(5, 4, [320, 640, 1280, 1280], [true, true, true, false], 2, 5, 5)).Manifest(),
        "sr_unet" => MagicVideoUNet.Of(UNetShapes(6, 3, [128, 256, 512, 512, 1024], [false, false, false, false, true], 2, 0, 0)).Manifest(),
        "video_vae" => WeightsConverter.Detection.VideoVae.Of(Shapes(("encoder.conv_in.weight", [128, 3, 3, 3]), ("decoder.conv_in.weight", [512, 4, 3, 3]), ("decoder.temporal_attentions.0.pos_emb", [16, 512]),
            ("encoder.down_blocks.0.resnets.0.conv1.weight", [128]), ("encoder.down_blocks.0.resnets.1.conv1.weight", [128]),
            ("decoder.up_blocks.0.resnets.0.conv1.weight", [512]), ("decoder.up_blocks.1.resnets.0.conv1.weight", [512]),
            ("decoder.up_blocks.2.resnets.0.conv1.weight", [256]), ("decoder.up_blocks.3.resnets.0.conv1.weight", [128]))).Manifest(),
        "fit_stage1" => SnapFit.Of(FitShapes(2560, 1024, 48, 768, 3072)).Manifest(),
        "fit_stage2" => SnapFit.Of(FitShapes(147456, 1024, 96, 768, 3072)).Manifest(),
        _ => SnapFit.Of(FitShapes(2560, 768, 48, 512, 1024)).Manifest(),
    };

    /// <summary>The few tensors a U-Net's configuration is read from.</summary>
    private static ComponentShapes UNetShapes(long inputs, long outputs, long[] channels, bool[] attends, int layers, long adaptorFrames, long temporalFrames)
    {
        List<(string, long[])> shapes = [("conv_in.weight", [channels[0], inputs]), ("conv_out.weight", [outputs]), ("mid_block.attentions.0.transformer_blocks.0.attn2.to_k.weight", [channels[^1], 768])];
        for (int i = 0; i < channels.Length; i++)
        {
            shapes.Add(($"down_blocks.{i}.resnets.0.conv1.weight", [channels[i]]));
            if (attends[i])
                shapes.Add(($"down_blocks.{i}.attentions.0.norm.weight", [channels[i]]));
        }

        shapes.AddRange(Enumerable.Range(1, layers - 1).Select(i => ($"down_blocks.0.resnets.{i}.conv1.weight", (long[])[channels[0]])));
        // The super-resolution network knows the frame rate too; Stable Diffusion does not.
        if (adaptorFrames + temporalFrames > 0 || inputs == 6)
            shapes.Add(("fps_embedding.linear_1.weight", [4 * channels[0], channels[0]]));
        if (adaptorFrames > 0)
            shapes.Add(("conv_in_adaptor.gamma", [adaptorFrames, channels[0]]));
        if (temporalFrames > 0)
            shapes.Add(("mid_block.temporal_attentions.0.pos_emb", [temporalFrames, channels[^1]]));
        return Shapes([.. shapes]);
    }

    private static ComponentShapes FitShapes(long patches, long width, long patchIn, long latents, long latentWidth)
    {
        List<(string, long[])> shapes = [("pos_embed", [patches, width]), ("patch_embed.proj.weight", [width, patchIn]), ("unpatch.weight", [48, width]), ("latents", [latents, latentWidth]),
            ("text_proj.weight", [width, 1024]), ("noise_embed.freqs", [8]), ("self_cond.ff.fc1.weight", [4 * latentWidth, latentWidth])];
        shapes.AddRange(Enumerable.Range(0, 6).Select(i => ($"blocks.{i}.read_attn.to_q.weight", (long[])[1])));
        shapes.AddRange(Enumerable.Range(0, 4).Select(i => ($"blocks.0.global_layers.{i}.attn.to_q.weight", (long[])[1])));
        if (patchIn > 48)
            shapes.Add(("aug_embed.freqs", [8]));
        return Shapes([.. shapes]);
    }

    private static ComponentShapes Shapes(params (string Name, long[] Shape)[] shapes) => new(shapes.ToDictionary(s => s.Name, s => s.Shape.ToImmutableArray()), "file", "network");
}
