using System.CommandLine;
using System.Globalization;
using Hummingbird.Vulkan.Engine.Evaluation;
using Hummingbird.Vulkan.Engine.Graph;

namespace Hummingbird.Vulkan.Cli.Commands;

/// <summary>What the user asked <c>eval</c> for.</summary>
/// <param name="Videos">Existing ones; none means that a model makes them.</param>
/// <param name="GuidanceScales">None means the model's own.</param>
/// <param name="Limit">Use only so many prompts, spread over the list.</param>
internal sealed record EvalArguments(
    IReadOnlyList<string> Videos, string? Prompts, string? Model, string? Scheduler, int? Steps, IReadOnlyList<double> GuidanceScales,
    long Seed, int? Limit, DeviceChoice Device, string? Sheet, bool IsJson)
{
    public IReadOnlyList<ScenePrompt> Choose(IReadOnlyList<ScenePrompt> prompts) =>
        Limit is int n && n < prompts.Count ? [.. Enumerable.Range(0, n).Select(i => prompts[(int)((long)i * prompts.Count / n)])] : prompts;
}

/// <summary>The options of <c>eval</c> and how they are read.</summary>
internal sealed class EvalOptions
{
    private readonly Argument<string[]> videos = new("VIDEO") { Description = "Videos, or folders of PNG frames, to measure. Without any, --model makes them.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string?> prompts = Options.Text("--prompts", "FILE", "One prompt per line, or JSON lines that also say which scene the prompt means; - reads standard input.");
    private readonly Option<string?> model = Options.Text("--model", "FOLDER", "The model whose videos are measured. Default: nano-student.");
    private readonly Option<string?> scheduler = Options.OneOf("--scheduler", "Sampler. Default: the model's.", "lcm", "ddim");
    private readonly Option<int?> steps = Options.Int("--steps", "N", "Denoising steps. Default: the model's.");
    private readonly Option<string?> guidance = Options.Text("--guidance-scale", "LIST", "One or more guidance scales, such as 1,4,7.5. Default: the model's.", "--cfg-scale");
    private readonly Option<long?> seed = Options.Long("--seed", "N", "Seed of the first prompt; the next has N + 1. Default: 0.", "-s");
    private readonly Option<int?> limit = Options.Int("--limit", "N", "Use N prompts, spread evenly over the list.");
    private readonly Option<string?> sheet = Options.Text("--sheet", "FILE", "Write a contact sheet, a PNG: a strip of eight frames for each of the first 64 videos.");
    private readonly Option<bool> json = Options.Flag("--json", "The table and every video as JSON.");
    private readonly DeviceOptionSet device = new();

    public void AddTo(Command command)
    {
        command.Add(videos);
        foreach (Option option in new Option[] { prompts, model, scheduler, steps, guidance, seed, limit, sheet, json }.Concat(device.All))
        {
            command.Add(option);
        }
    }

    /// <exception cref="UsageException">Options that do not go together, or a value out of range.</exception>
    public EvalArguments Read(ParseResult parsed)
    {
        EvalArguments arguments = new(
            parsed.GetValue(videos) ?? [], parsed.GetValue(prompts), parsed.GetValue(model), parsed.GetValue(scheduler), parsed.GetValue(steps),
            ReadScales(parsed.GetValue(guidance)), parsed.GetValue(seed) ?? 0, parsed.GetValue(limit), device.Read(parsed), parsed.GetValue(sheet),
            parsed.GetValue(json));
        return arguments switch
        {
            { Videos.Count: 0, Prompts: null } => throw new UsageException("There is nothing to measure: give videos, or --prompts FILE for a model to make some."),
            { Videos.Count: > 0, Model: not null } => throw new UsageException("Videos that exist and --model do not go together: measure one or the other."),
            { Limit: < 1 } => throw new UsageException($"--limit is {arguments.Limit}; it must be at least 1."),
            { Seed: < 0 } => throw new UsageException($"--seed is {arguments.Seed}; it must be 0 or more, so that the figures can be had again."),
            _ => arguments,
        };
    }

    private static IReadOnlyList<double> ReadScales(string? list) =>
    [
        .. (list ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(word =>
            double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out double scale)
                ? scale
                : throw new UsageException($"--guidance-scale is '{list}'; it must be numbers with commas between, such as 1,4,7.5.")),
    ];
}
