using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Vectors;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Cli;

/// <summary>A Snap Video folder from prompt to file, on the reference, and what the published sizes would take.</summary>
public sealed class CliSnapVideoTests : IDisposable
{
    private static readonly T5Config Text = new(
        VocabSize: 384, DModel: 10, DKv: 4, DFf: 16, NumLayers: 1, NumHeads: 2, RelativeAttentionNumBuckets: 8, RelativeAttentionMaxDistance: 16);

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_folder_generates_through_both_stages()
    {
        string model = WriteModel();
        CliRun run = CliRun.Of("generate", "a red circle", "--model", model, "--device", "reference", "--steps", "2", "--seed", "3", "-o", folder["a.apng"], "--save-latents", folder["a.safetensors"]);
        run.AssertDone();
        using SafetensorsFile saved = SafetensorsFile.Open(folder["a.safetensors"]);
        Assert.Equal([1, 3, 4, 12, 16], saved.Tensors["latents"].Shape.Select(d => (int)d));
        CliRun inspected = CliRun.Of("inspect", folder["a.apng"]);
        inspected.AssertDone();
        Assert.Contains("--scheduler edm", inspected.Out, StringComparison.Ordinal);
        CliRun.Of("generate", "a red circle", "--model", model, "--device", "reference", "--steps", "2", "--frames", "1", "-o", folder["image.apng"]).AssertDone();
        CliRun summary = CliRun.Of("inspect", model);
        summary.AssertDone();
        Assert.All(["Snap Video", "fit_stage1", "fit_stage2", "text_encoder"], text => Assert.Contains(text, summary.Out, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--frames", "3", "--frames is 3")]
    [InlineData("--width", "64", "makes 16 x 12")]
    [InlineData("--steps", "1", "--steps is 1")]
    [InlineData("--negative-prompt", "blur", "--negative-prompt is given")]
    [InlineData("--scheduler", "ddim", "--scheduler is ddim")]
    public void What_the_model_cannot_do_is_refused(string option, string value, string expected)
        => CliRun.Of("generate", "a red circle", "--model", WriteModel(), "--device", "reference", "-o", folder["a.apng"], option, value).AssertRefused(2, expected);

    [Fact]
    public void Parts_that_do_not_fit_are_refused()
    {
        string model = WriteModel();
        string file = Path.Combine(model, "fit_stage2", "config.json");
        File.WriteAllText(file, File.ReadAllText(file).Replace("12,16", "12,32", StringComparison.Ordinal));
        CliRun.Of("inspect", model).AssertRefused(1, "fit_stage2");
    }

    [Fact]
    public void A_dry_run_shows_the_published_cascade()
    {
        CliRun run = CliRun.Of("generate", "a red circle", "--model", "config:snapvideo-3.9b", "--random-weights", "1", "--device", "reference", "--dry-run");
        run.AssertDone();
        Assert.All(["fit_stage1", "511", "fit_stage2", "79", "512x288"], text => Assert.Contains(text, run.Out, StringComparison.Ordinal));
    }

    /// <summary>Networks, text encoder and vocabulary as single files: with --like they become the folder they were taken from.</summary>
    [Fact]
    public void Bare_checkpoints_become_a_folder_that_generates_the_same()
    {
        string model = WriteModel(), output = folder["converted"];
        string Bare(string part, string file, string name)
        {
            File.Copy(Path.Combine(model, part, file), folder[name]);
            return folder[name];
        }

        CliRun run = CliRun.Of(
            "convert", Bare("fit_stage1", "diffusion_pytorch_model.safetensors", "a.safetensors"), Bare("fit_stage2", "diffusion_pytorch_model.safetensors", "b.safetensors"),
            Bare("text_encoder", "model.safetensors", "t5.safetensors"), "--vocab", Bare("tokenizer", "spiece.model", "pieces"), "--like", model, "-o", output);
        run.AssertDone();
        Assert.Contains("a Snap Video FIT, first stage and a Snap Video FIT, second stage and a T5 text encoder", run.Out, StringComparison.Ordinal);
        byte[][] latents = [.. ((string[])[model, output]).Select((path, i) =>
        {
            CliRun.Of("generate", "a red circle", "--model", path, "--device", "reference", "--steps", "2", "--seed", "3", "-o", folder[$"{i}.apng"], "--save-latents", folder[$"{i}.safetensors"]).AssertDone();
            return File.ReadAllBytes(folder[$"{i}.safetensors"]);
        })];
        Assert.Equal(latents[0], latents[1]);
        CliRun.Of("convert", folder["a.safetensors"], folder["t5.safetensors"], "--vocab", folder["a.safetensors"], "--like", model, "-o", folder["other"]).AssertRefused(1, "a.safetensors");
    }

    private string WriteModel()
    {
        string root = Directory.CreateDirectory(folder["model"]).FullName;
        Json("model_index.json", new JsonObject
        {
            ["_class_name"] = "SnapVideoPipeline",
            ["defaults"] = new JsonObject { ["width"] = 16, ["height"] = 12, ["frames"] = 4, ["fps"] = 24, ["sampler"] = "edm", ["steps"] = 4, ["guidance_scale"] = 3 },
        });
        Json("scheduler/scheduler_config.json", new JsonObject
        {
            ["_class_name"] = "EdmHeunScheduler", ["upscale"] = 2, ["text_length"] = 8,
            ["stage1"] = new JsonObject { ["sigma_in"] = 2, ["steps"] = 4, ["pad_rows"] = new JsonArray(1, 1) },
            ["stage2"] = new JsonObject { ["sigma_in"] = 4, ["steps"] = 3 },
        });
        Part("text_encoder", "model", JsonSerializer.SerializeToNode(Text, ModelJson.Default.T5Config)!, TensorShapes.Of(Text));
        Part("fit_stage1", "diffusion_pytorch_model", JsonSerializer.SerializeToNode(SnapVectors.First, ModelJson.Default.FitConfig)!, TensorShapes.Of(SnapVectors.First));
        Part("fit_stage2", "diffusion_pytorch_model", JsonSerializer.SerializeToNode(SnapVectors.Second, ModelJson.Default.FitConfig)!, TensorShapes.Of(SnapVectors.Second));
        Directory.CreateDirectory(Path.Combine(root, "tokenizer"));
        File.Copy(TestData.PathOf("spiece/nfkc_bytes.model"), Path.Combine(root, "tokenizer", "spiece.model"), overwrite: true);
        return root;

        void Json(string file, JsonNode content)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(root, file))!);
            File.WriteAllText(Path.Combine(root, file), content.ToJsonString());
        }

        void Part(string name, string stem, JsonNode config, IReadOnlyDictionary<string, ImmutableArray<int>> shapes)
        {
            Json($"{name}/config.json", config);
            WeightScope weights = new(new RandomWeights(shapes, 1));
            SafetensorsWriter.Write(
                Path.Combine(root, name, $"{stem}.safetensors"),
                shapes.Select(s => TensorToWrite.FromFloats(s.Key, [.. s.Value.Select(d => (long)d)], weights.Get(s.Key).ReadFloats())));
        }
    }
}
