using System.CommandLine;
using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Media;
using Hummingbird.Vulkan.Engine.Schedulers;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Cli.Commands;

/// <summary><c>generate PROMPT</c>: checks everything that can be checked, then makes the videos.</summary>
internal static class GenerateCommand
{
    public static Command Create(Terminal terminal)
    {
        GenerateOptions options = new();
        CommandWithExamples command = new(
            "generate",
            "Generate a video from a prompt.",
            "hummingbird generate \"a red ball rolling on grass\"",
            "hummingbird generate \"waves at night\" --model models/hummingbird-0.7b --frames 16 --seed 7 -o waves.webm",
            "hummingbird generate --prompt-file prompts.txt --count 2 -o out/{index}-{seed}.mp4",
            "hummingbird generate \"waves at night\" --dry-run");
        options.AddTo(command);
        command.SetAction(parsed => Run(options.Read(parsed, terminal.In), terminal));
        return command;
    }

    private static int Run(GenerateArguments arguments, Terminal terminal)
    {
        using ModelFolder opened = ModelChoice.Open(arguments.Model, arguments.RandomWeights);
        using LoraChoice loras = new();
        ModelFolder model = loras.Apply(opened, arguments.Loras);
        IReadOnlyList<VideoJob> jobs = VideoJob.From(arguments, model);
        foreach (VideoJob job in jobs)
        {
            RequestCheck.Validate(job.Request, model);
            if (model.SnapVideo is null)
            {
                Samplers.Create(model.SchedulerConfig, job.Request.Scheduler, job.Request.Steps);
            }

            CheckOutputs(job, arguments.PreviewPath);
        }

        if (arguments.IsDryRun)
        {
            PlanView.Show(arguments, jobs[0].Request, model, terminal.Out);
            return ExitCodes.Done;
        }

        using Interrupt interrupt = new(() => terminal.Say("stopping after the work in flight; once more to end at once."));
        using OpenDevice device = arguments.Device.Open();
        using WindowView? window = arguments.HasWindow ? WindowView.Open(jobs[0].Request, model) : null;
        GenerationRun run = new(arguments, model, device, terminal, window);
        foreach (VideoJob job in jobs)
        {
            run.Generate(job, interrupt.Token);
        }

        window?.WaitUntilClosed(interrupt.Token);

        return ExitCodes.Done;
    }

    private static void CheckOutputs(VideoJob job, string? previewPath)
    {
        try
        {
            VideoFormats.FromPath(job.Output);
        }
        catch (MediaException error)
        {
            throw new UsageException(error.Message);
        }

        VideoSink.CheckWritable(job.Output, job.Request.Frames);
        if (previewPath is not null)
        {
            VideoFormats.FromPath(previewPath);
            VideoSink.CheckWritable(previewPath, job.Request.Frames);
        }

        foreach (string file in new[] { job.SaveLatents, job.Trace }.OfType<string>())
        {
            string folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
            if (!Directory.Exists(folder))
            {
                throw new IOException($"'{file}' cannot be written: there is no folder '{folder}'.");
            }
        }
    }
}
