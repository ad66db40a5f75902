using System.CommandLine;
using Hummingbird.Vulkan.Engine.Conformance;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Interop;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels.Cases;

namespace Hummingbird.Vulkan.Cli.Commands;

/// <summary><c>doctor</c>: whether this machine computes what it should.</summary>
internal static class DoctorCommand
{
    private const int WorstShown = 5;

    public static Command Create(Terminal terminal)
    {
        Option<string?> only = Options.Text("--case", "ID", "Run this one case.");
        Option<string?> filter = Options.Text("--filter", "TEXT", "Run the cases with this in their id.");
        Option<bool> validation = Options.Flag("--validation", "Run under the Khronos validation layer and count what it says.");
        Option<string?> compare = Options.OneOf("--compare", "Run the embedded model's graphs and compare every node instead.", "reference");
        Option<bool> json = Options.Flag("--json", "The report as JSON.");
        Option<bool> verbose = Options.Flag("--verbose", "A line for every case or node.", "-v");
        DeviceOptionSet device = new();
        CommandWithExamples command = new(
            "doctor",
            "Run every kernel on this machine and compare with the reference; exit code 1 when one is wrong.",
            "hummingbird doctor",
            "hummingbird doctor --filter attention --precision fp16",
            "hummingbird doctor --compare reference",
            "hummingbird doctor --validation")
        {
            only, filter, validation, compare, json, verbose,
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
                throw new UsageException("doctor compares a Vulkan device with the reference: --device reference would compare it with itself.");
            }

            IReadOnlyList<ConformanceCase> cases = CasesOf(parsed.GetValue(only), parsed.GetValue(filter));
            using Interrupt interrupt = new(() => terminal.Say("stopping after the case in flight; once more to end at once."));
            using OpenDevice open = choice.Open(parsed.GetValue(validation));
            TestValidation(open);
            DoctorReport report = new(open, terminal, parsed.GetValue(verbose));
            if (parsed.GetValue(compare) is null)
            {
                RunCases(cases, open.Device!, report, interrupt.Token);
            }
            else
            {
                Compare(open.Device!, report, interrupt.Token);
            }

            report.Write(parsed.GetValue(json), WorstShown);
            return report.Passed ? ExitCodes.Done : ExitCodes.Failed;
        });
        return command;
    }

    private static IReadOnlyList<ConformanceCase> CasesOf(string? id, string? filter)
    {
        IReadOnlyList<ConformanceCase> cases =
        [
            .. ConformanceCases.All.Where(c => (id is null || c.Id == id) && (filter is null || c.Id.Contains(filter, StringComparison.OrdinalIgnoreCase))),
        ];
        return cases.Count > 0 ? cases
            : throw new UsageException($"No case {(id is null ? $"has '{filter}' in its id" : $"has the id '{id}'")}; there are {ConformanceCases.All.Count}, such as '{ConformanceCases.All[0].Id}'.");
    }

    /// <summary>A layer that overlooks a planted mistake would find no other either.</summary>
    private static void TestValidation(OpenDevice open)
    {
        if (open.Vulkan?.Validation is not ValidationLog log)
        {
            return;
        }

        open.Device!.PlantValidationError();
        bool isWatching = log.Errors > 0;
        log.Clear();
        if (!isWatching)
        {
            throw new VulkanUnavailableException("The validation layer was loaded but did not report a mistake made on purpose; its silence would mean nothing. Check its settings file and environment variables.");
        }
    }

    private static void RunCases(IReadOnlyList<ConformanceCase> cases, GpuDevice device, DoctorReport report, CancellationToken cancellation)
    {
        ConformanceRunner runner = new(device);
        foreach (ConformanceCase row in cases)
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (ConformanceResult result in runner.Run(row))
            {
                report.Add(new(row.Kernel.Name, $"{row.Id} [{result.Family}]", result.Nmse, row.MaxNmse, result.Failure, result.Command));
            }
        }
    }

    private static void Compare(GpuDevice device, DoctorReport report, CancellationToken cancellation)
    {
        using ModelFolder model = ModelFolder.Open();
        foreach (NodeDifference node in GraphComparison.Compare(device, model, cancellation))
        {
            string? failure = node.Passed ? null : $"NMSE {node.Nmse:g3}, at most {node.Limit:g} is rounding";
            report.Add(new(node.Graph, $"{node.Graph} #{node.Node.Index} {node.Node.Label} {node.Node.Output.Spec}", node.Nmse, node.Limit, failure, "hummingbird doctor --compare reference"));
        }
    }
}
