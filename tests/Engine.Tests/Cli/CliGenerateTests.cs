using System.Text.Json;
using Hummingbird.Vulkan.Engine.Random;
using Hummingbird.Vulkan.Engine.Weights;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Cli;

/// <summary><c>generate</c> on the reference: the whole path without a device.</summary>
public sealed class CliGenerateTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_result_is_on_stdout_and_the_seed_on_stderr()
    {
        CliRun run = CliRun.Generate("-o", folder["a.apng"], "--seed", "7");
        run.AssertDone();
        Assert.Equal([folder["a.apng"]], run.OutLines);
        Assert.Contains(run.ErrorLines, l => l.StartsWith("seed", StringComparison.Ordinal) && l.EndsWith(" 7", StringComparison.Ordinal));
        Assert.Equal(["a.apng", "a.apng.json"], folder.Names);
    }

    [Fact]
    public void Inspect_gives_the_command_that_makes_the_same_bytes()
    {
        CliRun.Generate("-o", folder["a.apng"], "--seed", "7", "--no-metadata", "--save-latents", folder["a.safetensors"]).AssertDone();
        CliRun.Generate("-o", folder["b.apng"], "--seed", "7", "--save-latents", folder["b.safetensors"]).AssertDone();
        string command = CliRun.Of("inspect", folder["b.apng"]).OutLines[^1];
        Assert.StartsWith("hummingbird generate 'a red ball' --model nano --seed 7 --steps 1 --frames 1", command, StringComparison.Ordinal);
        string[] options = command["hummingbird generate 'a red ball' ".Length..].Split(' ');
        CliRun.Of(["generate", "a red ball", .. options, "--device", "reference", "-o", folder["c.apng"], "--no-metadata"]).AssertDone();
        Assert.Equal(File.ReadAllBytes(folder["a.apng"]), File.ReadAllBytes(folder["c.apng"]));
        Assert.False(File.Exists(folder["c.apng.json"]));
        CliRun.Of("compare", folder["a.safetensors"], folder["b.safetensors"]).AssertDone();
    }

    [Fact]
    public void Another_seed_gives_other_latents_and_a_negative_one_is_drawn()
    {
        CliRun.Generate("-o", folder["a.apng"], "--seed", "1", "--save-latents", folder["a.safetensors"]).AssertDone();
        CliRun drawn = CliRun.Generate("-o", folder["b.apng"], "--seed", "-1", "-q", "--save-latents", folder["b.safetensors"]);
        drawn.AssertDone();
        Assert.Matches(@"^seed \d+$", Assert.Single(drawn.ErrorLines));
        CliRun compared = CliRun.Of("compare", folder["a.safetensors"], folder["b.safetensors"], "--tolerance", "1e-3");
        Assert.Equal(1, compared.ExitCode);
    }

    [Fact]
    public void Noise_from_a_file_takes_the_place_of_the_seed()
    {
        SafetensorsWriter.Write(folder["noise.safetensors"],
        [
            TensorToWrite.FromFloats("noise", [1, 4, 1, 2, 2], Noise(7, 16)[0]),
            TensorToWrite.FromFloats("noise.0", [1, 4, 1, 2, 2], Noise(7, 16)[1]),
        ]);
        CliRun.Generate("-o", folder["a.apng"], "--seed", "7", "--no-metadata").AssertDone();
        CliRun.Generate("-o", folder["b.apng"], "--seed", "8", "--no-metadata", "--load-noise", folder["noise.safetensors"]).AssertDone();
        Assert.Equal(File.ReadAllBytes(folder["a.apng"]), File.ReadAllBytes(folder["b.apng"]));
        CliRun.Of("generate", "x", "--model", "nano", "--device", "reference", "--frames", "2", "--steps", "1", "-W", "16", "-H", "16", "-q", "-o", folder["c.apng"], "--load-noise", folder["noise.safetensors"])
            .AssertRefused(2, "'noise' has 16 values, this generation needs 32");
    }

    private static float[][] Noise(long seed, int count)
    {
        TorchGenerator generator = new(seed);
        return [generator.Randn(count), generator.Randn(count)];
    }

    [Fact]
    public void A_prompt_file_and_a_count_make_as_many_videos()
    {
        CliRun run = CliRun.WithInput("a red ball\n\na blue box\n", "generate", "--model", "nano", "--prompt-file", "-", "--count", "2", "--seed", "3", "-o", folder["{index}-{seed}.apng"],
            "--device", "reference", "--frames", "1", "--steps", "1", "-W", "16", "-H", "16", "--no-metadata", "-q");
        run.AssertDone();
        Assert.Equal(["1-3.apng", "2-4.apng", "3-3.apng", "4-4.apng"], folder.Names);
        Assert.Equal(["seed 3", "seed 4", "seed 3", "seed 4"], run.ErrorLines);
    }

    [Fact]
    public void Json_is_one_event_a_line()
    {
        CliRun run = CliRun.Generate("-o", folder["a.apng"], "--seed", "7", "--json", "-q");
        run.AssertDone();
        JsonElement[] events = [.. run.OutLines.Select(l => JsonDocument.Parse(l).RootElement)];
        Assert.Equal("start", events[0].GetProperty("event").GetString());
        Assert.Contains(events, e => e.GetProperty("event").GetString() == "progress" && e.GetProperty("phase").GetString() == "denoise" && e.GetProperty("done").GetInt32() == 1);
        Assert.Equal("result", events[^1].GetProperty("event").GetString());
        Assert.Equal(folder["a.apng"], events[^1].GetProperty("output").GetString());
        Assert.Equal(7, events[^1].GetProperty("seed").GetInt64());
    }

    [Fact]
    public void The_trace_holds_every_phase_step_and_frame_in_order()
    {
        CliRun.Generate("-o", folder["a.apng"], "--trace", folder["t.json"]).AssertDone();
        using JsonDocument trace = JsonDocument.Parse(File.ReadAllText(folder["t.json"]));
        JsonElement[] slices = [.. trace.RootElement.GetProperty("traceEvents").EnumerateArray().Where(e => e.GetProperty("ph").GetString() == "X")];
        Assert.Equal(["load", "encode prompt", "load", "denoise", "load", "decode"],
            slices.Where(s => s.GetProperty("tid").GetInt32() == 1).OrderBy(s => s.GetProperty("ts").GetDouble()).Select(s => s.GetProperty("name").GetString()));
        Assert.Equal(["step 1", "frame 1"], slices.Where(s => s.GetProperty("tid").GetInt32() == 2).Select(s => s.GetProperty("name").GetString()));
        Assert.All(slices, s => Assert.True(s.GetProperty("dur").GetDouble() >= 0));
    }

    [Fact]
    public void A_dry_run_plans_and_writes_nothing()
    {
        CliRun run = CliRun.Of("generate", "x", "--model", "nano", "--dry-run", "--device", "reference", "-o", folder["a.mp4"], "--seed", "5");
        run.AssertDone();
        Assert.Contains("[1, 4, 8, 8, 8]", run.Out, StringComparison.Ordinal);
        Assert.All(["text_encoder", "conditioning", "step", "vae_decode", "FLOP", "seed 5"], text => Assert.Contains(text, run.Out, StringComparison.Ordinal));
        Assert.Empty(folder.Names);
    }
}
