using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using Hummingbird.Vulkan.Engine.Weights;

using Hummingbird.Vulkan.WeightsConverter;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Conversion;

/// <summary>One tiny model in every published form: all must become the same folder, byte for byte.</summary>
public sealed class RoundTripTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("convert").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("lcm4_end_to_end", "w.", "unet vae text_encoder")]
    [InlineData("unet_tiny_hb09", "w.", "unet")]
    [InlineData("unet_tiny_vc2", "w.", "unet")]
    public void Every_form_gives_the_same_folder(string vectors, string prefix, string components)
    {
        (string Name, WeightType Type, long[] Shape, byte[] Values)[] tensors = [.. Weights(vectors, prefix)];
        string[] sources =
        [
            Write("state_dict.pt", CheckpointFiles.Zip(p => CheckpointFiles.StateDict(p, tensors), tensors)),
            Write("wrapped.ckpt", CheckpointFiles.Zip(p => p.Dict(("epoch", t => t.Int(1)), ("state_dict", t => CheckpointFiles.StateDict(t, tensors))), tensors)),
            Write("deepspeed.ckpt", CheckpointFiles.Zip(p => p.Dict(("module", t => CheckpointFiles.StateDict(t, [.. tensors.Select(x => x with { Name = "_forward_module." + x.Name })]))), tensors)),
            Write("module.pt", CheckpointFiles.Zip(p => CheckpointFiles.Module(p, tensors), tensors)),
            Write("wrapped_convolutions.pt", CheckpointFiles.Zip(p => CheckpointFiles.StateDict(p, [.. tensors.Select(Wrapped)]), [.. tensors.Select(Wrapped)])),
            Write("old.pth", CheckpointFiles.Legacy(tensors)),
            WriteSafetensors("model.safetensors", tensors),
            WriteShards(tensors),
        ];
        string[] hashes = [.. sources.Select(source => Hash(Convert(source)))];
        Assert.All(hashes, hash => Assert.Equal(hashes[0], hash));
        string first = Convert(sources[0]);
        foreach (string component in components.Split(' '))
            AssertSame(first, component, tensors);
    }

    [Fact]
    public void A_pickled_module_generates_the_same_latents_as_the_folder_it_was_made_of()
    {
        string nano = Path.Combine(Hummingbird.Vulkan.Vectors.TestData.Root, "models", "nano");
        (string Name, WeightType Type, long[] Shape, byte[] Values)[] tensors =
            [.. Component(nano, "unet", "model.diffusion_model."), .. Component(nano, "vae", "first_stage_model."), .. Component(nano, "text_encoder", "cond_stage_model.model.")];
        string source = Write("nano.pt", CheckpointFiles.Zip(p => CheckpointFiles.Module(p, tensors), tensors)), output = Path.Combine(folder, "nano");
        Converter.Run(new([source], output, Vocabulary: nano, Like: nano), cancellation: TestContext.Current.CancellationToken);
        string[] latents = [.. ((string[])[nano, output]).Select((model, i) =>
        {
            string path = Path.Combine(folder, $"{i}.safetensors");
            Cli.CliRun.Generate("--seed", "5", "--model", model, "-o", Path.Combine(folder, $"{i}.apng"), "--save-latents", path).AssertDone();
            return System.Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));
        })];
        Assert.Equal(latents[0], latents[1]);
    }

    /// <summary>A text tower as Hugging Face names it, queries, keys and values apart, in place of OpenCLIP's.</summary>
    [Fact]
    public void A_text_encoder_in_other_names_generates_the_same_latents()
    {
        string nano = Path.Combine(Hummingbird.Vulkan.Vectors.TestData.Root, "models", "nano"), output = Path.Combine(folder, "renamed");
        string text = WriteSafetensors("clip.safetensors", Component(nano, "text_encoder", "").SelectMany(HuggingFaceNames));
        Converter.Run(new([nano, text], output, Like: nano), cancellation: TestContext.Current.CancellationToken);
        using (ModelFolder model = ModelFolder.Open(output))
            Assert.Contains("text_model.encoder.layers.0.self_attn.k_proj.weight", model.TextEncoder.Names);
        string[] latents = [.. ((string[])[nano, output]).Select((model, i) =>
        {
            string path = Path.Combine(folder, $"text{i}.safetensors");
            Cli.CliRun.Generate("--seed", "5", "--model", model, "-o", Path.Combine(folder, $"text{i}.apng"), "--save-latents", path).AssertDone();
            return System.Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));
        })];
        Assert.Equal(latents[0], latents[1]);
    }

    [Theory]
    [InlineData(768, 12, "quick_gelu", 0, true)]
    [InlineData(1024, 24, "gelu", 1, false)]
    [InlineData(1024, 23, "gelu", 0, false)]
    public void A_text_encoder_in_other_names_is_told_by_its_width(int width, int layers, string activation, int skipped, bool padsWithEnd)
    {
        TextEncoderConfig like = new(HiddenSize: width, IntermediateSize: 8, NumHiddenLayers: layers, NumAttentionHeads: width / 64, ProjectionDim: width);
        var shapes = WeightsConverter.Detection.TextEncoderManifest.OfHuggingFace(like, hasProjection: false).Entries.ToDictionary(e => e.Name, e => e.Shape);
        TextEncoderConfig found = WeightsConverter.Detection.ShapeConfigs.TextEncoder(new(shapes, "file", "text encoder"));
        Assert.Equal((activation, skipped, padsWithEnd ? 49407 : 0), (found.HiddenAct, found.SkipLast, found.PadTokenId));
    }

    private static IEnumerable<(string Name, WeightType Type, long[] Shape, byte[] Values)> HuggingFaceNames((string Name, WeightType Type, long[] Shape, byte[] Values) t)
    {
        if (t.Name is "text_projection" or "logit_scale")
            return [];
        string name = "text_model." + t.Name
            .Replace("token_embedding", "embeddings.token_embedding", StringComparison.Ordinal).Replace("positional_embedding", "embeddings.position_embedding.weight", StringComparison.Ordinal)
            .Replace("transformer.resblocks", "encoder.layers", StringComparison.Ordinal).Replace("ln_final", "final_layer_norm", StringComparison.Ordinal)
            .Replace("ln_", "layer_norm", StringComparison.Ordinal).Replace(".attn.", ".self_attn.", StringComparison.Ordinal)
            .Replace("c_fc", "fc1", StringComparison.Ordinal).Replace("c_proj", "fc2", StringComparison.Ordinal);
        if (!name.Contains("in_proj_", StringComparison.Ordinal))
            return [t with { Name = name }];
        int third = t.Values.Length / 3;
        return ((string[])["q_proj.", "k_proj.", "v_proj."]).Select((part, i) =>
            (name.Replace("in_proj_", part, StringComparison.Ordinal), t.Type, (long[])[t.Shape[0] / 3, .. t.Shape[1..]], t.Values[(i * third)..((i + 1) * third)]));
    }

    [Fact]
    public void Packed_weights_are_recorded_and_need_a_complete_model()
    {
        string nano = Path.Combine(Hummingbird.Vulkan.Vectors.TestData.Root, "models", "nano"), output = Path.Combine(folder, "packed");
        Converter.Run(new([nano], output, Vocabulary: nano, Pack: [Kernels.MatrixFamily.Gather, Kernels.MatrixFamily.CoopMatrix]), cancellation: TestContext.Current.CancellationToken);
        using (JsonDocument record = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(output, "hummingbird.json"))))
            Assert.Equal(["packed/gather.safetensors", "packed/coopmat.safetensors"], record.RootElement.GetProperty("packed").EnumerateArray().Select(p => p.GetString()));
        Assert.All(["gather", "coopmat"], family => Assert.True(new FileInfo(Path.Combine(output, "packed", $"{family}.safetensors")).Length > 1_000_000));

        string unet = Path.Combine(nano, "unet", "diffusion_pytorch_model.safetensors"), none = Path.Combine(folder, "none");
        var error = Assert.Throws<WeightException>(() => Converter.Run(new([unet], none, Pack: [Kernels.MatrixFamily.Gather]), cancellation: TestContext.Current.CancellationToken));
        Assert.Contains("--pack needs a complete model", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(none));
        Assert.Throws<WeightException>(() => Converter.Run(new([unet], none + ".safetensors", Pack: [Kernels.MatrixFamily.Gather]), cancellation: TestContext.Current.CancellationToken));
    }

    [Fact]
    public void The_published_kind_of_pickled_module_gives_a_folder_that_opens()
    {
        string path = Hummingbird.Vulkan.Vectors.TestData.VectorPath("pickled_module_sample.pt");
        Assert.True(File.Exists(path), $"{path} is missing");
        using ModelFolder model = ModelFolder.Open(Convert(path));
        Assert.Equal((365, 92, 42), (model.UNet.Names.Count(), model.Vae.Names.Count(), model.TextEncoder.Names.Count()));
        Assert.False(model.UNetConfig.HasMiddle);
        Assert.DoesNotContain(model.UNet.Names, name => name.Contains("conv2d", StringComparison.Ordinal));
    }

    [Fact]
    public void Types_are_converted_and_an_overflow_is_named()
    {
        (string, WeightType, long[], byte[])[] tensors = [("x", WeightType.F32, [2], [.. BitConverter.GetBytes(1.5f), .. BitConverter.GetBytes(70000f)])];
        string source = Write("big.pt", CheckpointFiles.Zip(p => CheckpointFiles.StateDict(p, tensors), tensors));
        string output = Path.Combine(folder, "big.safetensors");
        File.WriteAllText(output, "old");
        var error = Assert.Throws<WeightException>(() => Converter.Run(new([source], output, WeightType.F16), cancellation: TestContext.Current.CancellationToken));
        Assert.Contains("'x' holds 70000, which does not fit fp16", error.Message, StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(output));
        Converter.Run(new([source], output, WeightType.BF16), cancellation: TestContext.Current.CancellationToken);
        using SafetensorsFile file = SafetensorsFile.Open(output);
        float[] values = new float[2];
        file.ReadFloats(file.Tensors["x"], values);
        Assert.Equal([1.5f, 70144f], values);
    }

    [Theory]
    [InlineData(PruneTarget.Hummingbird07B, false)]
    [InlineData(PruneTarget.Hummingbird09B, true)]
    public void The_teacher_is_pruned_to_the_student(PruneTarget target, bool hasMiddle)
    {
        (string Name, WeightType Type, long[] Shape, byte[] Values)[] tensors = [.. Weights("unet_tiny_vc2", "w.")];
        string output = Path.Combine(folder, "student");
        Converter.Run(new([WriteSafetensors("teacher.safetensors", tensors)], output, Prune: target), cancellation: TestContext.Current.CancellationToken);
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(output, "unet", "diffusion_pytorch_model.safetensors"));
        Assert.Equal(hasMiddle, file.Tensors.Keys.Any(name => name.StartsWith("middle_block.", StringComparison.Ordinal)));
        Assert.All(Bytes(file, "time_cond_proj.weight"), b => Assert.Equal(0, b));
        // The second of two encoder blocks and the second of three decoder blocks are gone.
        foreach ((string student, string teacher) in ((string, string)[])[("input_blocks.3", "input_blocks.4"), ("output_blocks.1", "output_blocks.2"), ("output_blocks.3", "output_blocks.5")])
            Assert.Equal(tensors.Single(t => t.Name == $"{teacher}.0.in_layers.2.weight").Values, Bytes(file, $"{student}.0.in_layers.2.weight"));
    }

    [Fact]
    public void A_LoRA_list_is_merged_in_module_order()
    {
        (string Name, WeightType Type, long[] Shape, byte[] Values)[] tensors = [.. Weights("unet_tiny_vc2", "w.")];
        var config = WeightsConverter.Detection.ShapeConfigs.UNet(new(tensors.ToDictionary(t => t.Name, t => t.Shape.ToImmutableArray()), "x", "U-Net"));
        var layers = WeightsConverter.Detection.LoraMerge.Layers(WeightsConverter.Detection.UNetManifest.Of(config));
        var lora = layers.SelectMany((layer, i) => Pair(layer.Shape, i)).Select((t, i) => (i.ToString(), WeightType.F32, t.Shape, t.Values)).ToArray();
        string file = Write("unet_lora.pt", CheckpointFiles.Zip(p => CheckpointFiles.List(p, lora), lora));
        string output = Path.Combine(folder, "turbo");
        Converter.Run(new([WriteSafetensors("teacher.safetensors", tensors), file], output, WeightType.F32), cancellation: TestContext.Current.CancellationToken);
        using SafetensorsFile merged = SafetensorsFile.Open(Path.Combine(output, "unet", "diffusion_pytorch_model.safetensors"));
        for (int i = 0; i < layers.Count; i++)
        {
            float[] found = new float[merged.Tensors[layers[i].Name].ElementCount];
            merged.ReadFloats(merged.Tensors[layers[i].Name], found);
            byte[] stored = tensors.Single(t => t.Name == layers[i].Name).Values;
            // Both factors are filled with one value: every element grows by rank * up * down.
            float added = 2 * ((i % 7) + 1) * 0.25f;
            Assert.Equal((float)BitConverter.ToHalf(stored) + added, found[0], 1e-5f);
            Assert.Equal((float)BitConverter.ToHalf(stored.AsSpan(stored.Length - 2)) + added, found[^1], 1e-5f);
        }
    }

    private static IEnumerable<(long[] Shape, byte[] Values)> Pair(ImmutableArray<long> shape, int i)
    {
        long[] up = [shape[0], 2, .. shape.Skip(2).Select(_ => 1L)], down = [2, shape[1], .. shape.Skip(2)];
        yield return (up, Filled(up, (i % 7) + 1));
        yield return (down, Filled(down, 0.25f));
    }

    private static byte[] Filled(long[] shape, float value) =>
        [.. Enumerable.Repeat(BitConverter.GetBytes(value), (int)shape.Aggregate(1L, (a, b) => a * b)).SelectMany(b => b)];

    private static (string Name, WeightType Type, long[] Shape, byte[] Values) Wrapped((string Name, WeightType Type, long[] Shape, byte[] Values) t)
    {
        if (!t.Name.Contains(".temopral_conv.", StringComparison.Ordinal) || t.Name.Contains(".0.", StringComparison.Ordinal) && t.Shape.Length == 1 && t.Name.Split('.')[^2] == "0")
            return t;
        int dot = t.Name.LastIndexOf('.');
        return t with { Name = $"{t.Name[..dot]}.conv2d{t.Name[dot..]}", Shape = t.Shape.Length == 5 ? t.Shape[..4] : t.Shape };
    }

    private static IEnumerable<(string Name, WeightType Type, long[] Shape, byte[] Values)> Weights(string vectors, string prefix)
    {
        using SafetensorsFile file = SafetensorsFile.Open(Hummingbird.Vulkan.Vectors.TestData.VectorPath(vectors + ".safetensors"));
        foreach (TensorEntry entry in file.Tensors.Values.Where(t => t.Name.StartsWith(prefix, StringComparison.Ordinal)))
            yield return (entry.Name[prefix.Length..], entry.Type, [.. entry.Shape], Bytes(file, entry.Name));
    }

    private static IEnumerable<(string Name, WeightType Type, long[] Shape, byte[] Values)> Component(string model, string component, string prefix)
    {
        string file = component == "text_encoder" ? "model.safetensors" : "diffusion_pytorch_model.safetensors";
        using SafetensorsFile weights = SafetensorsFile.Open(Path.Combine(model, component, file));
        foreach (TensorEntry entry in weights.Tensors.Values)
            yield return (prefix + entry.Name, entry.Type, [.. entry.Shape], Bytes(weights, entry.Name));
    }

    private static byte[] Bytes(SafetensorsFile file, string name)
    {
        byte[] values = new byte[file.Tensors[name].SizeInBytes];
        file.Read(file.Tensors[name], values);
        return values;
    }

    private string Write(string name, byte[] bytes)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private string WriteSafetensors(string name, IEnumerable<(string Name, WeightType Type, long[] Shape, byte[] Values)> tensors)
    {
        string path = Path.Combine(folder, name);
        SafetensorsWriter.Write(path, tensors.Select(t => TensorToWrite.FromBytes(t.Name, t.Type, t.Shape, t.Values)));
        return path;
    }

    private string WriteShards((string Name, WeightType Type, long[] Shape, byte[] Values)[] tensors)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var half in tensors.Chunk((tensors.Length + 1) / 2).Index())
        {
            WriteSafetensors($"shard-{half.Index}.safetensors", half.Item);
            foreach (var tensor in half.Item)
                map[tensor.Name] = $"shard-{half.Index}.safetensors";
        }

        return Write("model.safetensors.index.json", JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>(StringComparer.Ordinal) { ["weight_map"] = map }));
    }

    private string Convert(string source)
    {
        string output = Path.Combine(folder, "out-" + Path.GetFileName(source).Replace('.', '-'));
        Converter.Run(new([source], output), cancellation: TestContext.Current.CancellationToken);
        return output;
    }

    /// <summary>Of every file but the record, which names the source.</summary>
    private static string Hash(string output)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string file in Directory.EnumerateFiles(output, "*", SearchOption.AllDirectories).Where(f => Path.GetFileName(f) != "hummingbird.json").Order(StringComparer.Ordinal))
        {
            sha.AppendData(System.Text.Encoding.UTF8.GetBytes(Path.GetRelativePath(output, file)));
            sha.AppendData(File.ReadAllBytes(file));
        }

        return System.Convert.ToHexStringLower(sha.GetHashAndReset());
    }

    private static void AssertSame(string output, string component, IEnumerable<(string Name, WeightType Type, long[] Shape, byte[] Values)> tensors)
    {
        string prefix = component switch { "vae" => "first_stage_model.", "text_encoder" => "cond_stage_model.model.", _ => "model.diffusion_model." };
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(output, component, component == "text_encoder" ? "model.safetensors" : "diffusion_pytorch_model.safetensors"));
        Assert.NotEmpty(file.Tensors);
        if (component == "unet")
        {
            // The configuration as the engine reads it describes these very weights.
            UNetConfig config = JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(output, component, "config.json")), ModelJson.Default.UNetConfig)!;
            Assert.Equal(WeightsConverter.Detection.UNetManifest.Of(config).Entries.Select(e => e.Name).Order(StringComparer.Ordinal), file.Tensors.Keys.Order(StringComparer.Ordinal));
        }

        Assert.All(file.Tensors.Keys, name => Assert.Equal(tensors.First(t => t.Name == name || t.Name == prefix + name).Values, Bytes(file, name)));
    }
}
