using System.CommandLine;
using System.Globalization;
using Hummingbird.Vulkan.Engine.Evaluation;
using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Cli.Commands;

/// <summary><c>eval</c>: how good the videos of a model are, or videos that exist.</summary>
internal static class EvalCommand
{
    public static Command Create(Terminal terminal)
    {
        EvalOptions options = new();
        CommandWithExamples command = new(
            "eval",
            "Measure videos without a learned judge: what they show (for prompts whose scene is known), flicker, smoothness, motion, consistency.",
            "hummingbird eval --prompts training/prompts.jsonl --limit 40",
            "hummingbird eval --model nano-teacher --prompts training/prompts.jsonl --guidance-scale 1,4,7.5 --json",
            "hummingbird eval out.mp4 frames/");
        options.AddTo(command);
        command.SetAction(parsed => Run(options.Read(parsed), terminal));
        return command;
    }

    private static int Run(EvalArguments arguments, Terminal terminal)
    {
        IReadOnlyList<ScenePrompt>? prompts = arguments.Prompts is null ? null : ReadPrompts(arguments.Prompts, terminal.In);
        ContactSheet? sheet = arguments.Sheet is null ? null : new(columns: 8);
        List<EvaluatedClip> clips = [];
        void Take(ScenePrompt prompt, string group, Clip clip)
        {
            clips.Add(EvaluatedClip.Of(prompt, group, clip));
            sheet?.Add(clip);
        }

        if (arguments.Videos.Count > 0)
        {
            ReadVideos(arguments, prompts, Take);
        }
        else
        {
            GenerateAll(arguments, prompts!, Take, terminal);
        }

        sheet?.Save(arguments.Sheet!);
        EvalView.Show(clips, arguments, terminal.Out);
        return ExitCodes.Done;
    }

    private static void ReadVideos(EvalArguments arguments, IReadOnlyList<ScenePrompt>? prompts, Action<ScenePrompt, string, Clip> take)
    {
        if (prompts is not null && prompts.Count != arguments.Videos.Count)
        {
            throw new UsageException($"There are {arguments.Videos.Count} videos and {prompts.Count} prompts: --prompts must have one line for each video, in the same order.");
        }

        for (int i = 0; i < arguments.Videos.Count; i++)
        {
            take(prompts?[i] ?? new(arguments.Videos[i]), "videos", ClipReader.Read(arguments.Videos[i]));
        }
    }

    private static void GenerateAll(EvalArguments arguments, IReadOnlyList<ScenePrompt> prompts, Action<ScenePrompt, string, Clip> take, Terminal terminal)
    {
        using ModelFolder model = ModelChoice.Open(arguments.Model, randomWeights: null);
        GenerationDefaults defaults = model.Index.Defaults;
        IReadOnlyList<ScenePrompt> chosen = arguments.Choose(prompts);
        GenerationRequest Request(ScenePrompt prompt, double guidance, int i) => new(
            prompt.Prompt, "", checked(arguments.Seed + i), arguments.Steps ?? defaults.Steps, defaults.Frames, defaults.Fps,
            defaults.Width, defaults.Height, guidance, arguments.Scheduler ?? defaults.Sampler);
        double[] scales = arguments.GuidanceScales.Count > 0 ? [.. arguments.GuidanceScales] : [defaults.GuidanceScale];
        foreach (double scale in scales)
        {
            RequestCheck.Validate(Request(chosen[0], scale, 0), model);
        }

        using Interrupt interrupt = new(() => terminal.Say("stopping after the work in flight; once more to end at once."));
        using OpenDevice device = arguments.Device.Open();
        TextToVideoPipeline pipeline = new(model, device.Backend);
        int done = 0;
        foreach (double scale in scales)
        {
            for (int i = 0; i < chosen.Count; i++)
            {
                List<byte[]> frames = [];
                pipeline.Generate(Request(chosen[i], scale, i), (_, rgb) => frames.Add(rgb.ToArray()), cancellation: interrupt.Token);
                take(chosen[i], string.Create(CultureInfo.InvariantCulture, $"guidance {scale:0.##}"), new(frames, defaults.Width, defaults.Height));
                done++;
                if (terminal.IsInteractive || done % 20 == 0)
                {
                    terminal.Say($"{done} of {scales.Length * chosen.Count} videos");
                }
            }
        }
    }

    private static IReadOnlyList<ScenePrompt> ReadPrompts(string file, TextReader input)
    {
        try
        {
            return ScenePrompt.ReadLines(file == "-" ? input.ReadToEnd().Split('\n') : File.ReadLines(file));
        }
        catch (FormatException error)
        {
            throw new UsageException($"'{file}': {error.Message}");
        }
    }
}
