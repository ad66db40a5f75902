using System.CommandLine;
using Hummingbird.Vulkan.Bench.Rdna;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;

namespace Hummingbird.Vulkan.Cli.Commands;

/// <summary>What the user asked <c>bench model</c> for.</summary>
internal sealed record ModelBenchArguments
{
    public required string Model { get; init; }

    public required long RandomWeights { get; init; }

    /// <summary>A GPU that need not be here; null measures.</summary>
    public string? Estimate { get; init; }

    public string? Compare { get; init; }

    public int? Frames { get; init; }

    public int? Steps { get; init; }

    public int? Width { get; init; }

    public int? Height { get; init; }

    public int Calls { get; init; } = 1;

    public int Decoded { get; init; } = 1;

    /// <summary>MagicVideo: side of the frames that are measured, in pixels.</summary>
    public int Side { get; init; } = 128;

    /// <summary>MagicVideo: the published size instead.</summary>
    public bool IsFullSize { get; init; }

    public required DeviceChoice Device { get; init; }

    public string? Json { get; init; }

    public string? Trace { get; init; }

    public string? Outputs { get; init; }
}

/// <summary>The options of <c>bench model</c> and how they are read.</summary>
internal sealed class ModelBenchOptions
{
    private const string DefaultModel = "config:hummingbird-0.7b";

    private readonly Option<string?> estimate = Options.OneOf("--estimate", "Estimate for a GPU that need not be here, from what its compiler says. Needs RADV 25.0.", [.. RdnaTarget.All.Select(t => t.Name)]);
    private readonly Option<string?> model = Options.Text("--model", "NAME", $"Model folder, embedded model or config:NAME, which runs with random weights. Default: {DefaultModel}.");
    private readonly Option<long?> randomWeights = Options.Long("--random-weights", "SEED", "Of an architecture without weights. Default: 1.");
    private readonly Option<string?> compare = Options.Text("--compare", "NAME", "Measure this model too, in the same run, and say how much slower it is and why.");
    private readonly Option<int?> frames = Options.Int("--frames", "N", "Frames of the video; the model's default unless given.");
    private readonly Option<int?> steps = Options.Int("--steps", "N", "Denoising steps; the model's default unless given.");
    private readonly Option<int?> width = Options.Int("--width", "PIXELS", "Width; the model's default unless given.", "-W");
    private readonly Option<int?> height = Options.Int("--height", "PIXELS", "Height; the model's default unless given.", "-H");
    private readonly Option<int?> calls = Options.Int("--calls", "N", "U-Net calls that are run; the last is reported. Default: 1.");
    private readonly Option<int?> decoded = Options.Int("--decoded", "N", "Frames that are decoded; the last is reported. Default: 1.");
    private readonly Option<int?> side = Options.Int("--side", "PIXELS", "config:magicvideo: side of the frames that are measured, a multiple of 64; 128 unless given.");
    private readonly Option<bool> fullSize = Options.Flag("--full-size", "config:magicvideo: a denoising step and a decoding at the published size instead.");
    private readonly Option<double?> slowdown = Options.Real("--slowdown", "X", "Pretend that the device is X times slower, to see how work is cut for such a one.");
    private readonly Option<string?> json = Options.Text("--json", "FILE", "Write all figures, node by node, as JSON.");
    private readonly Option<string?> trace = Options.Text("--trace", "FILE", "Write a timeline of all operations for Perfetto or chrome://tracing.");
    private readonly Option<string?> outputs = Options.Text("--outputs", "FILE", "Write what was computed as .safetensors, to compare with another implementation (tests/full-size).");
    private readonly DeviceOptionSet device = new();

    public void AddTo(Command command)
    {
        Option[] all = [estimate, model, randomWeights, compare, frames, steps, width, height, calls, decoded, side, fullSize, slowdown, json, trace, outputs, .. device.All];
        foreach (Option option in all)
        {
            command.Add(option);
        }
    }

    /// <exception cref="UsageException">A value out of range, or options that do not go together.</exception>
    public ModelBenchArguments Read(ParseResult parsed)
    {
        foreach (Option<int?> count in new[] { frames, steps, calls, decoded })
        {
            if (parsed.GetValue(count) is < 1 or > 1000)
            {
                throw new UsageException($"{count.Name} is {parsed.GetValue(count)}; it must be 1 to 1000.");
            }
        }

        if (parsed.GetValue(side) is int pixels && (pixels is < 64 or > 1024 || pixels % 64 != 0))
        {
            throw new UsageException($"--side is {pixels}; it must be a multiple of 64 up to 1024.");
        }

        DeviceChoice choice = device.Read(parsed);
        double slower = parsed.GetValue(slowdown) ?? 1;
        if (choice.IsReference)
        {
            throw new UsageException("bench model measures a Vulkan device: the reference has no kernels.");
        }

        if (slower is < 1 or > 1000)
        {
            throw new UsageException($"--slowdown is {slower}; it must be 1 to 1000.");
        }

        return new()
        {
            Estimate = parsed.GetValue(estimate),
            Model = parsed.GetValue(model) ?? DefaultModel,
            RandomWeights = parsed.GetValue(randomWeights) ?? 1,
            Compare = parsed.GetValue(compare),
            Frames = parsed.GetValue(frames),
            Steps = parsed.GetValue(steps),
            Width = parsed.GetValue(width),
            Height = parsed.GetValue(height),
            Calls = parsed.GetValue(calls) ?? 1,
            Decoded = parsed.GetValue(decoded) ?? 1,
            Side = parsed.GetValue(side) ?? 128,
            IsFullSize = parsed.GetValue(fullSize),
            Device = choice with { Options = choice.Options with { Slowdown = slower } },
            Json = parsed.GetValue(json),
            Trace = parsed.GetValue(trace),
            Outputs = parsed.GetValue(outputs),
        };
    }

    /// <summary>A published architecture by its name, with or without weights.</summary>
    public static bool IsArchitecture(string model) => model.StartsWith(PublishedModels.Prefix, StringComparison.OrdinalIgnoreCase);
}
