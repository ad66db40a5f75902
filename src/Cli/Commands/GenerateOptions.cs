using System.CommandLine;
using System.Security.Cryptography;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Graph;

namespace Hummingbird.Vulkan.Cli.Commands;

/// <summary>What the user asked <c>generate</c> for; what is null is left to the model.</summary>
internal sealed record GenerateArguments
{
    public required IReadOnlyList<string> Prompts { get; init; }

    public string Output { get; init; } = "out.mp4";

    public string? Model { get; init; }

    /// <summary>With a published architecture in place of a folder.</summary>
    public long? RandomWeights { get; init; }

    /// <summary>0 or more: a random one was drawn already.</summary>
    public required long Seed { get; init; }

    public int Count { get; init; } = 1;

    public int? Steps { get; init; }

    public int? Frames { get; init; }

    public int? Fps { get; init; }

    public int? Width { get; init; }

    public int? Height { get; init; }

    public double? GuidanceScale { get; init; }

    public string? NegativePrompt { get; init; }

    public string? Scheduler { get; init; }

    /// <summary>Stages of a cascade, as the user wrote them.</summary>
    public string? Stages { get; init; }

    public required DeviceChoice Device { get; init; }

    public string? SaveLatents { get; init; }

    public string? LoadNoise { get; init; }

    public string? Trace { get; init; }

    /// <summary>FILE or FILE:SCALE each.</summary>
    public IReadOnlyList<string> Loras { get; init; } = [];

    /// <summary>Where previews go; null for none.</summary>
    public string? PreviewPath { get; init; }

    public int PreviewInterval { get; init; } = 1;

    public bool IsDryRun { get; init; }

    public bool IsJson { get; init; }

    public bool IsVerbose { get; init; }

    public bool IsQuiet { get; init; }

    public bool HasMetadata { get; init; } = true;

    /// <summary>Previews and the result are played in a window.</summary>
    public bool HasWindow { get; init; }
}

/// <summary>The options of <c>generate</c> and how they are read.</summary>
internal sealed class GenerateOptions
{
    private const int MaxCount = 10_000;

    private readonly Argument<string[]> words = new("PROMPT") { Description = "What the video should show.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string?> prompt = Options.Text("--prompt", "TEXT", "The prompt, when not given as an argument.", "-p");
    private readonly Option<string?> promptFile = Options.Text("--prompt-file", "FILE", "One prompt per line; - reads standard input.");
    private readonly Option<string?> negativePrompt = Options.Text("--negative-prompt", "TEXT", "What to steer away from. Models with embedded guidance refuse it.", "-n");
    private readonly Option<string?> output = Options.Text("--output", "PATH", "Where to write; the extension picks mp4, webm, gif, webp, apng (animated) or png: a folder of frames, as without extension. {seed} and {index} are filled in. Default: out.mp4.", "-o");
    private readonly Option<string?> model = Options.Text("--model", "FOLDER", "Model folder in the diffusers layout, OWNER/REPO that `model pull` fetched, or config:NAME with --random-weights. Inside the program: nano-student (the default), nano-teacher, nano.");
    private readonly Option<long?> randomWeights = Options.Long("--random-weights", "SEED", "With --model config:NAME: a published architecture at full size with random weights, for speed and memory.");
    private readonly Option<long?> seed = Options.Long("--seed", "N", "Seed of torch's CPU generator; negative draws one. Default: drawn; always printed.", "-s");
    private readonly Option<int?> count = Options.Int("--count", "N", "Videos per prompt, with seeds N, N+1 ... Default: 1.");
    private readonly Option<int?> steps = Options.Int("--steps", "N", "Denoising steps. Default: the model's.");
    private readonly Option<int?> frames = Options.Int("--frames", "N", "Frames. Default: the model's.", "--num-frames", "--video-frames");
    private readonly Option<int?> fps = Options.Int("--fps", "N", "Frames per second, an input of the network too. Default: the model's.");
    private readonly Option<int?> width = Options.Int("--width", "PIXELS", "Width. Default: the model's.", "-W");
    private readonly Option<int?> height = Options.Int("--height", "PIXELS", "Height. Default: the model's.", "-H");
    private readonly Option<double?> guidanceScale = Options.Real("--guidance-scale", "X", "How closely to follow the prompt. Default: the model's.", "--cfg-scale");
    private readonly Option<string?> scheduler = Options.OneOf("--scheduler", "Sampler. Default: the model's.", "lcm", "ddim", "ddpm", "edm");
    private readonly Option<string?> stages = Options.Text("--stages", "LIST", "MagicVideo: which of keyframes,interpolate,decode,upscale to run. Default: all the model has but upscale.");
    private readonly DeviceOptionSet device = new();
    private readonly Option<bool> dryRun = Options.Flag("--dry-run", "Show sizes, FLOPs and memory on this device, and stop before loading weights.");
    private readonly Option<string?> saveLatents = Options.Text("--save-latents", "FILE", "Write the final latents as .safetensors: latents [1,C,T,H,W] fp32.");
    private readonly Option<string?> loadNoise = Options.Text("--load-noise", "FILE", "Take the noise from a .safetensors file: noise, noise.0, noise.1 ...");
    private readonly Option<string?> trace = Options.Text("--trace", "FILE", "Write a timeline for Perfetto or chrome://tracing.");
    private readonly Option<string[]> lora = new("--lora") { Description = "Merge a LoRA into the U-Net: safetensors or a PyTorch checkpoint, named as kohya, diffusers or T2V-Turbo do; :SCALE weakens or strengthens it. May be given several times.", HelpName = "FILE[:SCALE]", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string?> preview = Options.OneOf("--preview", "Show every step's picture: none, or proj, small and without decoding. Default: none.", "none", "proj");
    private readonly Option<int?> previewInterval = Options.Int("--preview-interval", "N", "Steps from one preview to the next. Default: 1.");
    private readonly Option<string?> previewPath = Options.Text("--preview-path", "PATH", "Where previews are written, each over the one before. Default: preview.apng.");
    private readonly Option<bool> window = Options.Flag("--window", "Play previews and the video in a window (needs GLFW: libglfw3); ends when it is closed.");
    private readonly Option<bool> json = Options.Flag("--json", "Events as JSON lines on standard output.");
    private readonly Option<bool> noMetadata = Options.Flag("--no-metadata", "Write the video without prompt, seed and settings, and no .json beside it.");
    private readonly Option<bool> verbose = Options.Flag("--verbose", "Say more: device, hash of the latents, stack traces.", "-v");
    private readonly Option<bool> quiet = Options.Flag("--quiet", "No progress and no summary; the seed and errors only.", "-q");

    public void AddTo(Command command)
    {
        command.Add(words);
        Option[] all =
        [
            prompt, promptFile, negativePrompt, output, model, randomWeights, seed, count, steps, frames, fps, width, height, guidanceScale, scheduler, stages,
            .. device.All, lora, dryRun, saveLatents, loadNoise, preview, previewInterval, previewPath, trace, window, json, noMetadata, verbose, quiet,
        ];
        foreach (Option option in all)
        {
            command.Add(option);
        }
    }

    /// <exception cref="UsageException">Options that do not go together, or a value no model could take.</exception>
    public GenerateArguments Read(ParseResult parsed, TextReader input)
    {
        int videos = parsed.GetValue(count) ?? 1;
        if (videos is < 1 or > MaxCount)
        {
            throw new UsageException($"--count is {videos}; it must be between 1 and {MaxCount}.");
        }

        if (videos > 1 && parsed.GetValue(loadNoise) is not null)
        {
            throw new UsageException("--count with --load-noise would make the same video again: the noise is the file's, not the seed's.");
        }

        if (parsed.GetValue(previewInterval) is < 1 or > 1000)
        {
            throw new UsageException($"--preview-interval is {parsed.GetValue(previewInterval)}; it must be 1 to 1000.");
        }

        return new()
        {
            Loras = parsed.GetValue(lora) ?? [],
            PreviewPath = parsed.GetValue(preview) == "proj" ? parsed.GetValue(previewPath) ?? "preview.apng" : null,
            PreviewInterval = parsed.GetValue(previewInterval) ?? 1,
            Prompts = ReadPrompts(parsed, input),
            Output = parsed.GetValue(output) ?? "out.mp4",
            Model = parsed.GetValue(model),
            RandomWeights = parsed.GetValue(randomWeights),
            Seed = parsed.GetValue(seed) is long chosen and >= 0 ? chosen : RandomNumberGenerator.GetInt32(int.MaxValue),
            Count = videos,
            Steps = parsed.GetValue(steps),
            Frames = parsed.GetValue(frames),
            Fps = parsed.GetValue(fps),
            Width = parsed.GetValue(width),
            Height = parsed.GetValue(height),
            GuidanceScale = parsed.GetValue(guidanceScale),
            NegativePrompt = parsed.GetValue(negativePrompt),
            Scheduler = parsed.GetValue(scheduler),
            Stages = parsed.GetValue(stages),
            Device = device.Read(parsed),
            SaveLatents = parsed.GetValue(saveLatents),
            LoadNoise = parsed.GetValue(loadNoise),
            Trace = parsed.GetValue(trace),
            IsDryRun = parsed.GetValue(dryRun),
            IsJson = parsed.GetValue(json),
            IsVerbose = parsed.GetValue(verbose),
            IsQuiet = parsed.GetValue(quiet),
            HasMetadata = !parsed.GetValue(noMetadata),
            HasWindow = parsed.GetValue(window),
        };
    }

    private IReadOnlyList<string> ReadPrompts(ParseResult parsed, TextReader input)
    {
        string[] given = parsed.GetValue(words) ?? [];
        string? named = parsed.GetValue(prompt), file = parsed.GetValue(promptFile);
        if (given.Length > 1)
        {
            throw new UsageException($"The prompt came as {given.Length} words: put it in quotes, \"{string.Join(' ', given)}\".");
        }

        if (given.Length + (named is null ? 0 : 1) + (file is null ? 0 : 1) != 1)
        {
            throw new UsageException(given.Length == 0 && named is null && file is null
                ? "There is no prompt: hummingbird generate \"a red ball rolling on grass\""
                : "Give the prompt once: as an argument, with --prompt, or with --prompt-file.");
        }

        IReadOnlyList<string> prompts = file is null ? [named ?? given[0]] : ReadLines(file, input);
        return prompts.All(p => !string.IsNullOrWhiteSpace(p)) && prompts.Count > 0
            ? prompts
            : throw new UsageException(file is null ? "The prompt is empty: say what the video should show." : $"'{file}' holds no prompt: write one per line.");
    }

    /// <summary>Lines that are not blank.</summary>
    private static List<string> ReadLines(string file, TextReader input)
    {
        string text = file == "-" ? input.ReadToEnd() : File.ReadAllText(file);
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
    }
}
