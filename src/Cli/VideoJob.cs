using Hummingbird.Vulkan.Cli.Commands;
using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Cli;

/// <summary>One video to make and the files it goes to.</summary>
internal sealed record VideoJob(GenerationRequest Request, string Output, string? SaveLatents, string? Trace)
{
    /// <summary>Every prompt with every seed, what was left out filled in from the model's defaults.</summary>
    public static IReadOnlyList<VideoJob> From(GenerateArguments arguments, ModelFolder model)
    {
        GenerationStages stages = arguments.Stages is null ? GenerationStages.Default : Stages.Parse(arguments.Stages);
        GenerationDefaults defaults = Stages.DefaultsOf(model, stages);
        GenerationRequest[] requests =
        [
            .. from prompt in arguments.Prompts
               from i in Enumerable.Range(0, arguments.Count)
               select RequestOf(arguments, defaults, prompt, checked(arguments.Seed + i)) with { Stages = stages },
        ];
        long[] seeds = [.. requests.Select(r => r.Seed)];
        IReadOnlyList<string> outputs = OutputNames.For(arguments.Output, seeds);
        IReadOnlyList<string>? latents = arguments.SaveLatents is null ? null : OutputNames.For(arguments.SaveLatents, seeds);
        IReadOnlyList<string>? traces = arguments.Trace is null ? null : OutputNames.For(arguments.Trace, seeds);
        return [.. requests.Select((request, i) => new VideoJob(request, outputs[i], latents?[i], traces?[i]))];
    }

    private static GenerationRequest RequestOf(GenerateArguments arguments, GenerationDefaults defaults, string prompt, long seed) => new(
        prompt,
        arguments.NegativePrompt ?? defaults.NegativePrompt ?? "",
        seed,
        arguments.Steps ?? defaults.Steps,
        arguments.Frames ?? defaults.Frames,
        arguments.Fps ?? defaults.Fps,
        arguments.Width ?? defaults.Width,
        arguments.Height ?? defaults.Height,
        arguments.GuidanceScale ?? defaults.GuidanceScale,
        arguments.Scheduler ?? defaults.Sampler);
}
