using System.CommandLine;
using Hummingbird.Vulkan.Bench.Rdna;
using Hummingbird.Vulkan.Engine.Models;

namespace Hummingbird.Vulkan.Cli.Commands;

/// <summary><c>bench model</c>: how long a whole generation takes, measured here or estimated for another GPU.</summary>
internal static class BenchModelCommand
{
    public static Command Create(Terminal terminal)
    {
        ModelBenchOptions options = new();
        CommandWithExamples command = new(
            "model",
            "How long a generation takes, by graph and kernel: each graph is run and timed by the device's clock, the whole is calculated from that.",
            "hummingbird bench model --model config:hummingbird-0.7b --frames 16 --steps 4 --json figures.json",
            "hummingbird bench model --model config:hummingbird-0.7b --compare config:videocrafter2",
            "hummingbird bench model --estimate gfx1151 --model config:hummingbird-0.7b",
            "hummingbird bench model --model config:magicvideo --side 128 --frames 1",
            "hummingbird bench model --model config:snapvideo-500m");
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            ModelBenchArguments arguments = options.Read(parsed);
            if (arguments.Model == PublishedModels.Prefix + MagicVideoArchitecture.Name)
            {
                return BenchMagicVideo.Run(arguments.Device, arguments.Side, arguments.Frames ?? 1, arguments.IsFullSize, terminal);
            }

            if (arguments.Estimate is null && SnapVideoArchitecture.Find(arguments.Model) is { } snap)
            {
                return snap.Second is null ? BenchSnapVideo.Compare(arguments.Device, terminal) : BenchSnapVideo.FullSize(arguments.Device, terminal);
            }

            if (arguments.Estimate is not string gpu)
            {
                return ModelBenchRun.Run(arguments, terminal);
            }

            RdnaTarget target = RdnaTarget.Get(gpu);
            PublishedModel architecture = PublishedModels.Get(arguments.Model);
            RdnaTable table = BenchRdnaCommand.Compile(target, ShaderVariant.OfModel(target.Plan(), architecture, arguments.Frames, arguments.Steps));
            terminal.Out.Write(RdnaReport.Markdown(ModelEstimate.Create(target, architecture, table.Statistics(), arguments.Frames, arguments.Steps)));
            return ExitCodes.Done;
        });
        return command;
    }
}
