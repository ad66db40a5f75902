using System.CommandLine;
using System.Globalization;
using Hummingbird.Vulkan.Bench.Kernels;
using Hummingbird.Vulkan.Bench.Tuning;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Cli.Commands;

/// <summary><c>tune</c>: measures this device and remembers which tiles win.</summary>
internal static class TuneCommand
{
    private const double DefaultBudget = 120;

    public static Command Create(Terminal terminal)
    {
        Option<string?> model = Options.Text("--model", "FOLDER", "Tune for the shapes of this model: a folder, or config:NAME for a published architecture. Default: nano-student.");
        Option<double?> budget = Options.Real("--budget", "SECONDS", $"Begin no shape after this; what is left keeps its tiles. Default: {DefaultBudget}.");
        Option<bool> clear = Options.Flag("--clear", "Forget what was measured on this device, and measure nothing.");
        DeviceOptionSet device = new();
        CommandWithExamples command = new(
            "tune",
            "Measure the matrix core's tiles on this device and keep those that win by 3 % twice, for this device, driver and build.",
            "hummingbird tune",
            "hummingbird tune --model config:hummingbird-0.7b --budget 600",
            "hummingbird tune --clear")
        {
            model, budget, clear,
        };
        foreach (Option option in device.All)
        {
            command.Add(option);
        }

        command.SetAction(parsed =>
        {
            DeviceChoice choice = device.Read(parsed);
            if (choice.IsReference)
            {
                throw new UsageException("tune measures a Vulkan device: the reference has no tiles.");
            }

            double seconds = parsed.GetValue(budget) ?? DefaultBudget;
            if (seconds <= 0)
            {
                throw new UsageException($"--budget is {seconds}; it must be more than 0 seconds.");
            }

            using Interrupt interrupt = new(() => terminal.Say("stopping after the shape in flight; nothing will be kept."));
            using OpenDevice open = choice.Open();
            TileCacheFile file = TileCacheFile.For(open.Device!.Snapshot, choice.Options.TileCacheFolder)
                ?? throw new UsageException("There is no folder for caches: set XDG_CACHE_HOME or HOME.");
            if (parsed.GetValue(clear))
            {
                terminal.Out.WriteLine(file.Delete() ? $"deleted {file.Path}" : $"nothing was measured on {Terminal.Printable(open.Device.Snapshot.Name)}");
                return;
            }

            Tune(open, ShapesOf(parsed.GetValue(model)), TimeSpan.FromSeconds(seconds), file, terminal, interrupt.Token);
        });
        return command;
    }

    private static void Tune(OpenDevice open, PublishedModel model, TimeSpan budget, TileCacheFile file, Terminal terminal, CancellationToken cancellation)
    {
        GpuDevice device = open.Device!;
        using Tuner tuner = new(device, new(Seconds: 0.1));
        TuneReport report = tuner.Run(BenchSets.OfModel(model.Name, model, open.Backend.Storage), budget, d => terminal.Out.WriteLine(Line(d)), cancellation);
        TileTable table = report.Table(device.Plan.Target.Matrix, file.Read()?.Table);
        file.Write(device.Snapshot, table);
        terminal.Out.WriteLine($"{report.Decisions.Length} shapes measured, {report.Decisions.Count(d => d.Winner is not null)} with a better tile, {report.NotReached.Length} not reached; {table.Measured.Count} tiles kept in {file.Path}");
    }

    /// <summary>A model's configurations are enough: weights have no say in speed.</summary>
    private static PublishedModel ShapesOf(string? model)
    {
        if (model?.StartsWith(PublishedModels.Prefix, StringComparison.OrdinalIgnoreCase) == true)
        {
            return PublishedModels.Get(model);
        }

        using ModelFolder folder = ModelFolder.Open(model);
        return new(folder.DisplayName, folder.UNetConfig, folder.VaeConfig, folder.TextEncoderConfig, folder.SchedulerConfig, folder.Index);
    }

    private static string Line(TuneDecision decision) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(decision.Winner is null ? " " : "*")} {decision.Problem.Key}: {decision.Standard} {1e3 * decision.StandardSeconds:0.000} ms, "
        + $"{(decision.Winner is { } winner ? $"{winner}" : "the best other")} {1e3 * decision.BestSeconds:0.000} ms");
}
