using System.Diagnostics;
using Hummingbird.Vulkan.Engine.Weights;
using Xunit;

namespace Hummingbird.Vulkan.Gpu.Tests;

/// <summary>The program from its command line to its files, on the device and without one.</summary>
public sealed class CliEndToEndTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("hummingbird-end-to-end-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void The_device_and_the_reference_agree()
    {
        string[] request = ["generate", "a red ball", "--model", "nano", "--seed", "7", "-q"];
        CliProcess.Run([.. request, "--precision", "fp32", "-o", At("a.apng"), "--save-latents", At("a.safetensors")]).AssertDone();
        CliProcess.Run([.. request, "--device", "reference", "-o", At("b.apng"), "--save-latents", At("b.safetensors")]).AssertDone();
        CliProcess.Run(["compare", At("b.safetensors"), At("a.safetensors"), "--tolerance", "1e-6"]).AssertDone();
        Assert.Equal(["a.apng", "a.apng.json", "a.safetensors", "b.apng", "b.apng.json", "b.safetensors"], Names());
        CliProcess.Finished inspected = CliProcess.Run(["inspect", At("a.apng")]);
        inspected.AssertDone();
        Assert.Contains("--seed 7", inspected.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_command_gives_the_same_bytes()
    {
        foreach (string name in (string[])["a.apng", "b.apng"])
        {
            CliProcess.Run(["generate", "a red ball", "--seed", "7", "-q", "-o", At(name)]).AssertDone();
        }

        Assert.Equal(File.ReadAllBytes(At("a.apng")), File.ReadAllBytes(At("b.apng")));
    }

    [Fact]
    public void An_interrupt_ends_it_within_a_submit_and_leaves_nothing()
    {
        using CliProcess run = CliProcess.Start(["generate", "a red ball", "--frames", "64", "--steps", "50", "-W", "128", "-H", "128", "-o", At("a.mp4"), "--save-latents", At("a.safetensors")]);
        Thread.Sleep(TimeSpan.FromSeconds(3));
        long interrupted = Stopwatch.GetTimestamp();
        run.Interrupt();
        CliProcess.Finished finished = run.Wait();
        Assert.True(finished.ExitCode == 130, $"Exit code {finished.ExitCode}: {finished.Error}");
        Assert.InRange(Stopwatch.GetElapsedTime(interrupted).TotalSeconds, 0, 10);
        Assert.Contains("cancelled; nothing was written", finished.Error, StringComparison.Ordinal);
        Assert.Empty(finished.Out);
        Assert.Empty(Names());
    }

    [Fact]
    public void Without_a_driver_it_says_what_to_install()
        => CliProcess.Run(["generate", "x", "-o", At("a.apng")], ("VK_DRIVER_FILES", At("none.json")), ("VK_ICD_FILENAMES", null)).AssertRefused(1, "No Vulkan driver was found");

    [Fact]
    public void Without_a_loader_it_says_what_to_install()
    {
        // Found first and not a library: the system's own loader is not looked for any more.
        File.WriteAllText(At("libvulkan.so.1"), "not a library");
        File.WriteAllText(At("libvulkan.so"), "not a library");
        CliProcess.Run(["devices"], ("LD_LIBRARY_PATH", folder)).AssertRefused(1, "The Vulkan loader is not installed");
    }

    [Fact]
    public void Without_a_driver_the_reference_still_works()
    {
        CliProcess.Run(["generate", "x", "--model", "nano", "-q", "--device", "reference", "--frames", "1", "--steps", "1", "-W", "16", "-H", "16", "-o", At("a.apng")], ("VK_DRIVER_FILES", At("none.json"))).AssertDone();
        Assert.Contains("a.apng", Names());
    }

    [Fact]
    public void Without_ffmpeg_the_video_becomes_an_animated_png_and_says_so()
    {
        CliProcess.Finished run = CliProcess.Run(["generate", "a red ball", "--frames", "2", "--steps", "1", "-o", At("a.mp4")], ("PATH", folder));
        run.AssertDone();
        Assert.Contains("note: ffmpeg was not found", run.Error, StringComparison.Ordinal);
        Assert.Equal(At("a.apng"), run.Out.Trim());
        Assert.Equal(["a.apng", "a.apng.json"], Names());
    }

    [Fact]
    public void An_unknown_device_lists_those_there_are()
        => CliProcess.Run(["generate", "x", "--device", "Voodoo", "-o", At("a.apng")]).AssertRefused(1, "\"Voodoo\" names no device");

    [Fact]
    public void Memory_that_does_not_suffice_is_refused_and_leaves_nothing()
    {
        CliProcess.Run(["generate", "x", "-q", "--max-memory", "0.0001", "-o", At("a.apng")]).AssertRefused(1, "MiB are missing");
        Assert.Empty(Names());
    }

    [Fact]
    public void A_bench_that_does_not_fit_is_refused_before_anything_is_loaded()
    {
        CliProcess.Finished run = CliProcess.Run(["bench", "model", "--model", "config:hummingbird-0.7b", "--max-memory", "0.3"]);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("MiB are missing", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_weights_are_refused_before_anything_is_written()
    {
        string source = Path.Combine(Vectors.TestData.Root, "models", "nano"), model = At("model");
        foreach (string file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(model, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        string weights = Path.Combine(model, "unet", "diffusion_pytorch_model.safetensors");
        SafetensorsWriter.Write(weights, [TensorToWrite.FromFloats("other", [1], new float[1])]);
        CliProcess.Run(["generate", "x", "-q", "--model", model, "-o", At("a.apng")]).AssertRefused(1, "is missing");
        Assert.Equal(["model"], Names());
    }

    [Fact]
    public void A_dry_run_names_the_device_and_its_memory()
    {
        CliProcess.Finished run = CliProcess.Run(["generate", "x", "--dry-run", "--max-memory", "1", "-o", At("a.mp4")]);
        run.AssertDone();
        Assert.Contains("1 GiB may be used", run.Out, StringComparison.Ordinal);
        Assert.Empty(Names());
    }

    [Fact]
    public void Devices_explains_itself_and_exports_what_a_plan_is_made_from()
    {
        CliProcess.Finished explained = CliProcess.Run(["devices", "--explain", "--export", At("snapshot.json")]);
        explained.AssertDone();
        Assert.All(["activations", "memory budget", "matrix family"], what => Assert.Contains(what, explained.Out, StringComparison.Ordinal));
        var snapshot = Engine.Device.DeviceSnapshot.FromJson(File.ReadAllText(At("snapshot.json")));
        Assert.Contains(snapshot.Name, explained.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Doctor_finds_every_node_of_the_embedded_model_right()
    {
        CliProcess.Finished run = CliProcess.Run(["doctor", "--compare", "reference"]);
        run.AssertDone();
        Assert.Matches(@"\n[1-9]\d+ run, 0 failed, 0 skipped\n", run.Out);
    }

    [Fact]
    public void Doctor_runs_a_case_under_validation()
    {
        string id = Kernels.Cases.ConformanceCases.All[0].Id;
        CliProcess.Finished run = CliProcess.Run(["doctor", "--case", id, "--validation"]);
        run.AssertDone();
        Assert.Contains("validation: 0 errors", run.Out, StringComparison.Ordinal);
    }

    private string At(string name) => Path.Combine(folder, name);

    private string[] Names() => [.. Directory.EnumerateFileSystemEntries(folder).Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal)];
}
