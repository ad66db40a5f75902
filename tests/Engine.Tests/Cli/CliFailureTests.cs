using Hummingbird.Vulkan.Engine.Weights;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Cli;

/// <summary>What is wrong with files: one line that names it, exit code 1, nothing written.</summary>
public sealed class CliFailureTests : IDisposable
{
    private const string Weights = "diffusion_pytorch_model.safetensors";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_missing_model_folder() => CliRun.Generate("--model", folder["none"]).AssertRefused(1, "no such model folder");

    [Fact]
    public void An_empty_model_folder() => CliRun.Generate("--model", folder.Path).AssertRefused(1, "model_index.json is missing");

    [Theory]
    [InlineData("input_blocks.0.0.weight", "missing")]
    [InlineData("input_blocks.0.0.bias", "wrong shape")]
    [InlineData("out.2.weight", "NaN")]
    [InlineData("time_embed.0.weight", "infinite")]
    public void Broken_unet_weights(string tensor, string how)
    {
        string model = CopyNano();
        string file = Path.Combine(model, "unet", Weights);
        using (SafetensorsFile original = SafetensorsFile.Open(File.ReadAllBytes(file), file))
        {
            SafetensorsWriter.Write(file, [.. original.Tensors.Values.Where(t => t.Name != tensor).Select(t => Copy(original, t)), .. Replacement(original.Tensors[tensor], how)]);
        }

        CliRun run = CliRun.Generate("--model", model, "-q", "-o", folder["a.apng"]);
        run.AssertRefused(1, how is "missing" or "wrong shape" ? tensor : "damaged");
        Assert.Equal(["model"], folder.Names);
    }

    [Theory]
    [InlineData("text_encoder/model.safetensors", "text_encoder")]
    [InlineData("vae/" + Weights, "vae")]
    [InlineData("unet/config.json", "unet/config.json is missing")]
    [InlineData("scheduler/scheduler_config.json", "scheduler/scheduler_config.json is missing")]
    [InlineData("tokenizer/vocab.json", "tokenizer")]
    public void A_missing_file(string file, string expected)
    {
        string model = CopyNano();
        File.Delete(Path.Combine(model, file));
        CliRun.Generate("--model", model, "-q", "-o", folder["a.apng"]).AssertRefused(1, expected);
        Assert.Equal(["model"], folder.Names);
    }

    [Fact]
    public void Weights_that_end_too_early()
    {
        string model = CopyNano();
        string file = Path.Combine(model, "vae", Weights);
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..^1000]);
        CliRun.Generate("--model", model, "-q", "-o", folder["a.apng"]).AssertRefused(1, Weights);
    }

    [Fact]
    public void A_checkpoint_instead_of_a_folder()
    {
        File.WriteAllText(folder["model.ckpt"], "PK");
        CliRun.Generate("--model", folder["model.ckpt"]).AssertRefused(1, "expected a model folder");
    }

    [Fact]
    public void An_output_below_a_file()
    {
        File.WriteAllText(folder["file"], "");
        CliRun.Generate("-o", Path.Combine(folder["file"], "a.mp4")).AssertRefused(1, "is a file, not a folder");
    }

    [Theory]
    [InlineData("--save-latents")]
    [InlineData("--trace")]
    public void A_side_output_in_a_folder_that_is_not_there(string option)
        => CliRun.Generate("-o", folder["a.apng"], option, Path.Combine(folder["none"], "x")).AssertRefused(1, "there is no folder");

    [Fact]
    public void Noise_that_is_not_there()
    {
        CliRun.Generate("-q", "-o", folder["a.apng"], "--load-noise", folder["none.safetensors"]).AssertRefused(1, "no such file");
        Assert.Empty(folder.Names);
    }

    [Fact]
    public void A_default_model_that_is_not_offered()
        => CliRun.Of("serve", "--port", "0", "--data", folder["videos"], "--model", "nothing").AssertRefused(1, "--model is 'nothing'; offered are nano, nano-student, nano-teacher");

    [Fact]
    public void A_prompt_file_that_is_not_there() => CliRun.Of("generate", "--prompt-file", folder["none.txt"]).AssertRefused(1, "none.txt");

    [Fact]
    public void Compare_with_a_file_that_is_not_there() => CliRun.Of("compare", folder["a"], folder["b"]).AssertRefused(1, "no such file");

    [Fact]
    public void Inspect_something_else()
    {
        File.WriteAllText(folder["notes.txt"], "nothing");
        CliRun.Of("inspect", folder["none.mp4"]).AssertRefused(1, "no file");
        CliRun.Of("inspect", folder["notes.txt"]).AssertRefused(1, "holds no metadata");
    }

    private static TensorToWrite Copy(SafetensorsFile file, TensorEntry tensor)
    {
        byte[] bytes = new byte[tensor.SizeInBytes];
        file.Read(tensor, bytes);
        return TensorToWrite.FromBytes(tensor.Name, tensor.Type, tensor.Shape.AsSpan(), bytes);
    }

    private static IEnumerable<TensorToWrite> Replacement(TensorEntry tensor, string how) => how switch
    {
        "missing" => [],
        "wrong shape" => [TensorToWrite.FromFloats(tensor.Name, [3], new float[3])],
        _ => [TensorToWrite.FromFloats(tensor.Name, tensor.Shape.AsSpan(),
            Enumerable.Repeat(how == "NaN" ? float.NaN : float.PositiveInfinity, (int)tensor.ElementCount).ToArray())],
    };

    private string CopyNano()
    {
        string source = Path.Combine(TestData.Root, "models", "nano"), target = folder["model"];
        foreach (string file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(target, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        return target;
    }
}
