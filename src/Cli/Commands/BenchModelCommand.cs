using System.CommandLine;
using Hummingbird.Vulkan.Bench.Rdna;
using Hummingbird.Vulkan.Engine.Models;

namespace Hummingbird.Vulkan.Cli.Commands;

/// <summary><c>bench model</c>: how long a whole generation takes.</summary>
internal static class BenchModelCommand
{
    public static Command Create(Terminal terminal)
    {
        Option<string?> estimate = Options.OneOf("--estimate", "Estimate for a GPU that need not be here, from what its compiler says. Needs RADV 25.0.", [.. RdnaTarget.All.Select(t => t.Name)]);
        Option<string?> model = Options.Text("--model", "NAME", "An architecture: config:hummingbird-0.7b unless given.");
        Option<int?> frames = Options.Int("--frames", "N", "Frames of the video; the model's default unless given.");
        Option<int?> steps = Options.Int("--steps", "N", "Denoising steps; the model's default unless given.");
        Option<int?> side = Options.Int("--side", "PIXELS", "config:magicvideo: side of the frames that are measured, a multiple of 64; 128 unless given.");
        Option<bool> fullSize = Options.Flag("--full-size", "config:magicvideo: a denoising step and a decoding at the published size instead.");
        DeviceOptionSet device = new();
        CommandWithExamples command = new(
            "model", "How long a generation takes, by graph and kernel.", "hummingbird bench model --estimate gfx1151 --model config:hummingbird-0.7b",
            "hummingbird bench model --model config:magicvideo --side 128 --frames 1")
        {
            estimate, model, frames, steps, side, fullSize,
        };
        foreach (Option option in device.All)
        {
            command.Add(option);
        }

        command.SetAction(parsed =>
        {
            if (parsed.GetValue(model) == PublishedModels.Prefix + MagicVideoArchitecture.Name)
            {
                (int pixels, int length) = (parsed.GetValue(side) ?? 128, parsed.GetValue(frames) ?? 1);
                return pixels is < 64 or > 1024 || pixels % 64 != 0 || length is < 1 or > 16
                    ? throw new UsageException($"--side is {pixels} and --frames {length}; the side must be a multiple of 64 up to 1024, frames 1 to 16.")
                    : BenchMagicVideo.Run(device.Read(parsed), pixels, length, parsed.GetValue(fullSize), terminal);
            }

            RdnaTarget target = RdnaTarget.Get(parsed.GetValue(estimate) ?? throw new UsageException("bench model needs --estimate and one of its GPUs."));
            foreach (Option<int?> count in new[] { frames, steps })
            {
                if (parsed.GetValue(count) is < 1 or > 1000)
                {
                    throw new UsageException($"{count.Name} is {parsed.GetValue(count)}; it must be 1 to 1000.");
                }
            }

            PublishedModel architecture = PublishedModels.Get(parsed.GetValue(model) ?? "hummingbird-0.7b");
            (int? t, int? n) = (parsed.GetValue(frames), parsed.GetValue(steps));
            RdnaTable table = BenchRdnaCommand.Compile(target, ShaderVariant.OfModel(target.Plan(), architecture, t, n));
            ModelEstimate result = ModelEstimate.Create(target, architecture, table.Statistics(), t, n);
            terminal.Out.Write(RdnaReport.Markdown(result));
            return ExitCodes.Done;
        });
        return command;
    }
}
