using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text;
using Hummingbird.Vulkan.Bench.Kernels;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Cli.Commands;

/// <summary><c>bench kernels</c>: every kernel in the shapes that matter, checked and then timed by the device's own clock.</summary>
internal static class BenchKernelsCommand
{
    private const double DefaultBudget = 300;

    // Of a pipeline's first use, in seconds.
    private const double LongFirstUse = 0.15;

    public static Command Create(Terminal terminal)
    {
        Option<string?> filter = Options.Text("--filter", "TEXT", "Run the rows with this in their id.");
        Option<string?> set = Options.OneOf("--set", "Which rows: the conformance suite, Hummingbird 0.7B at 512x320x16, or the shapes with goals. Default: all.", [.. BenchSets.Names]);
        Option<string?> json = Options.Text("--json", "FILE", "Write all figures, the device and its plan as JSON.");
        Option<string?> html = Options.Text("--html", "FILE", "Write a report to look at: one file, no network.");
        Option<bool> firstUse = Options.Flag("--first-use", "Measure only what the first use of each pipeline costs, compiling.");
        Option<double?> budget = Options.Real("--budget", "SECONDS", $"Begin no row after this; what is left is listed as not run. Default: {DefaultBudget}.");
        DeviceOptionSet device = new();
        CommandWithExamples command = new(
            "kernels",
            "Time every kernel by GPU timestamps; each row is compared with the reference first. Exit code 1 when one is wrong.",
            "hummingbird bench kernels --set goals",
            "hummingbird bench kernels --set hb07 --first-use",
            "hummingbird bench kernels --filter conv2d --budget 60 --html report.html",
            "hummingbird bench kernels --set hb07 --precision fp16 --json figures.json")
        {
            filter, set, firstUse, json, html, budget,
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
                throw new UsageException("bench kernels measures a Vulkan device: the reference has no kernels.");
            }

            Request request = new(
                parsed.GetValue(set), parsed.GetValue(filter), parsed.GetValue(json), parsed.GetValue(html), parsed.GetValue(firstUse), parsed.GetValue(budget) ?? DefaultBudget);
            request.Check();
            using Interrupt interrupt = new(() => terminal.Say("stopping after the row in flight; once more to end at once."));
            // Without our own pipeline cache first use is first use (the driver's may still know a shader).
            using OpenDevice open = (choice with { Options = choice.Options with { PipelineCacheFolder = "" } }).Open();
            ImmutableArray<BenchRow> rows = Rows(request, open.Backend.Storage);
            WriteDevice(open.Device!, terminal);
            return request.IsFirstUse
                ? FirstUses(open.Device!, rows, request, terminal, interrupt.Token)
                : Times(open.Device!, rows, request, terminal, interrupt.Token);
        });
        return command;
    }

    private static ImmutableArray<BenchRow> Rows(Request request, StorageTypes storage)
    {
        (string? set, string? filter) = (request.Set, request.Filter);
        ImmutableArray<BenchRow> all = [.. (set is null ? BenchSets.Names.Reverse() : [set]).SelectMany(s => BenchSets.Of(s, storage))];
        ImmutableArray<BenchRow> rows = [.. all.Where(r => filter is null || r.Id.Contains(filter, StringComparison.OrdinalIgnoreCase))];
        return rows.Length > 0 ? rows : throw new UsageException($"No row has '{filter}' in its id; there are {all.Length}, such as '{all[0].Id}'.");
    }

    private static void WriteDevice(GpuDevice device, Terminal terminal)
        => terminal.Out.WriteLine($"{Terminal.Printable(device.Snapshot.Name)}, {Terminal.Printable(device.Snapshot.Driver)}; activations {device.Plan.ActivationType}, weights {device.Plan.WeightType}, {device.Plan.Target.Matrix}");

    private static int Times(GpuDevice device, ImmutableArray<BenchRow> rows, Request request, Terminal terminal, CancellationToken cancellation)
    {
        KernelTable.WriteHead(terminal.Out);
        using KernelBench bench = new(device, new());
        KernelReport report = bench.Run(
            rows, TimeSpan.FromSeconds(request.Budget), (result, roof) => terminal.Out.WriteLine(KernelTable.Line(result, roof)), cancellation);
        KernelTable.WriteTail(report, terminal.Out);
        Save(request.Json, stream => KernelJson.Write(report, stream));
        Save(request.Html, stream => stream.Write(Encoding.UTF8.GetBytes(KernelHtml.Write(report))));
        return report.Rows.Any(r => r.Status == RowStatus.Wrong) ? ExitCodes.Failed : ExitCodes.Done;
    }

    private static int FirstUses(GpuDevice device, ImmutableArray<BenchRow> rows, Request request, Terminal terminal, CancellationToken cancellation)
    {
        using FirstUse bench = new(device);
        terminal.Out.WriteLine(FirstUse.StartLine(bench.StartCompiler()));
        ImmutableArray<PipelineFirstUse> results = bench.Run(
            rows, TimeSpan.FromSeconds(request.Budget), result => terminal.Out.WriteLine(FirstUse.Line(result)), cancellation);
        FirstUse.WriteTail(results, LongFirstUse, terminal.Out);
        return ExitCodes.Done;
    }

    private static void Save(string? file, Action<Stream> write)
    {
        if (file is not null)
        {
            AtomicFile.Write(file, write);
        }
    }

    private sealed record Request(string? Set, string? Filter, string? Json, string? Html, bool IsFirstUse, double Budget)
    {
        public void Check()
        {
            if (Budget <= 0)
            {
                throw new UsageException($"--budget is {Budget}; it must be more than 0 seconds.");
            }

            if (IsFirstUse && (Json ?? Html) is not null)
            {
                throw new UsageException("--first-use prints a list; --json and --html are for times.");
            }
        }
    }
}
