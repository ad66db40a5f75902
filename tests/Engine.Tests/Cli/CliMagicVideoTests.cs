using Hummingbird.Vulkan.Engine.Media;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Vectors;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Cli;

/// <summary><c>generate</c> with a MagicVideo folder, on the reference: every choice of stages.</summary>
public sealed class CliMagicVideoTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public CliMagicVideoTests() => MagicFolder.Write(folder["model"]);

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(null, 13, 24, 16, 8)]
    [InlineData("keyframes,decode", 4, 24, 16, 2)]
    [InlineData("keyframes,interpolate,decode,upscale", 13, 48, 32, 8)]
    public void Stages_make_the_video_longer_and_larger(string? stages, int frames, int width, int height, int fps)
    {
        string[] asked = stages is null ? [] : ["--stages", stages];
        Generate([.. asked, "-o", folder["a.apng"], "--seed", "7", "--save-latents", folder["a.safetensors"]]).AssertDone();
        GenerationMetadata made = MetadataReader.Read(folder["a.apng"])!;
        Assert.Equal((frames, width, height, fps, stages), (made.Frames, made.Width, made.Height, made.Fps, made.Stages));
        using SafetensorsSource latents = SafetensorsSource.Open(folder["a.safetensors"]);
        Assert.Equal([1, 4, frames, 8, 12], new WeightScope(latents).Get("latents").Shape);
        string command = CliRun.Of("inspect", folder["a.apng"]).OutLines[^1];
        string[] options = command["hummingbird generate 'a red ball' ".Length..].Split(' ');
        CliRun.Of(["generate", "a red ball", .. options, "--device", "reference", "-o", folder["b.apng"]]).AssertDone();
        Assert.Equal(File.ReadAllBytes(folder["a.apng"]), File.ReadAllBytes(folder["b.apng"]));
    }

    [Fact]
    public void The_ancestral_sampler_draws_its_noise_from_the_seed()
    {
        Generate(["--scheduler", "ddpm", "-o", folder["a.apng"], "--seed", "7"]).AssertDone();
        Generate(["--scheduler", "ddpm", "-o", folder["b.apng"], "--seed", "7"]).AssertDone();
        Generate(["--scheduler", "ddim", "-o", folder["c.apng"], "--seed", "7"]).AssertDone();
        Assert.Equal(File.ReadAllBytes(folder["a.apng"]), File.ReadAllBytes(folder["b.apng"]));
        Assert.NotEqual(File.ReadAllBytes(folder["a.apng"]), File.ReadAllBytes(folder["c.apng"]));
    }

    [Theory]
    [InlineData("--frames|12", "with 3 frames between keyframes it must be 5, 9 ... 13")]
    [InlineData("--frames|17", "it must be 5, 9 ... 13")]
    [InlineData("-W|25", "--width is 25; for these stages it must be a multiple of 4, such as 24 or 28")]
    [InlineData("--stages|keyframes", "--stages is keyframes; a video needs keyframes and decode")]
    [InlineData("--stages|keyframes,sharpen", "--stages names 'sharpen'; there are keyframes, interpolate, decode, upscale")]
    public void What_cannot_be_is_refused(string options, string expected)
        => Generate([.. options.Split('|'), "-o", folder["a.apng"]]).AssertRefused(2, expected);

    [Fact]
    public void Stages_are_for_cascades_and_for_networks_that_are_there()
    {
        CliRun.Generate("--stages", "keyframes,decode", "-o", folder["a.apng"]).AssertRefused(2, "--stages is for cascades such as MagicVideo; nano is one network");
        Directory.Delete(Path.Combine(folder["model"], "sr_unet"), recursive: true);
        Generate(["--stages", "keyframes,decode,upscale", "-o", folder["a.apng"]]).AssertRefused(2, "upscale, but the model has no sr_unet");
        CliRun inspected = CliRun.Of("inspect", folder["model"]);
        inspected.AssertDone();
        Assert.Contains("MagicVideo", inspected.Out, StringComparison.Ordinal);
        Assert.Contains("interp_unet: ", inspected.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void The_plan_names_every_stage()
    {
        CliRun plan = Generate(["--dry-run", "--stages", "keyframes,interpolate,decode,upscale"]);
        plan.AssertDone();
        foreach (string graph in (string[])["text_encoder", "keyframes", "interpolation", "vae_window", "upscale_input", "upscaling"])
        {
            Assert.Contains(graph, plan.Out, StringComparison.Ordinal);
        }
    }

    private CliRun Generate(string[] options)
        => CliRun.Of(["generate", "a red ball", "--model", folder["model"], "--device", "reference", .. options]);
}
