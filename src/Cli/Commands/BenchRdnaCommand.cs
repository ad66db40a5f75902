using System.CommandLine;
using Hummingbird.Vulkan.Bench.Rdna;

namespace Hummingbird.Vulkan.Cli.Commands;

/// <summary><c>bench rdna</c>: what AMD's compiler makes of every kernel, without the GPU.</summary>
internal static class BenchRdnaCommand
{
    private const string ChildOption = "--compile-child";

    public static Command Create(Terminal terminal)
    {
        Option<bool> child = new(ChildOption) { Hidden = true };
        Option<string?> target = Options.OneOf("--target", "Which GPU to compile for; all unless given.", [.. RdnaTarget.All.Select(t => t.Name), "all"]);
        Option<string?> filter = Options.Text("--filter", "TEXT", "Variants with this in their name, or in that of an operation that uses them.");
        Option<bool> modelOnly = Options.Flag("--model-only", "Only what Hummingbird 0.7B runs.");
        Option<string?> json = Options.Text("--json", "FILE", "Write everything as JSON.");
        Option<string?> markdown = Options.Text("--markdown", "FILE", "Write the model's tables as Markdown: docs/rdna.md is made so.");
        CommandWithExamples command = new(
            "rdna",
            $"Compile every kernel for AMD's integrated GPUs and show registers, occupancy and instructions. Needs RADV 25.0, but no GPU.",
            "hummingbird bench rdna",
            "hummingbird bench rdna --target gfx1151 --filter conv2d")
        {
            child, target, filter, modelOnly, json, markdown,
        };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(child))
            {
                CompileChild.Run(terminal.In, terminal.Out);
                return ExitCodes.Done;
            }

            IReadOnlyList<RdnaTable> tables = Compile(parsed.GetValue(target), parsed.GetValue(filter), parsed.GetValue(modelOnly));
            foreach (RdnaTable table in tables)
            {
                terminal.Out.WriteLine(RdnaReport.Markdown(table, all: true));
            }

            if (parsed.GetValue(json) is string jsonFile)
            {
                File.WriteAllText(jsonFile, RdnaReport.Json(tables));
            }

            if (parsed.GetValue(markdown) is string markdownFile)
            {
                File.WriteAllText(markdownFile, string.Join('\n', tables.Select(t => RdnaReport.Markdown(t, all: false))));
            }

            return ExitCodes.Done;
        });
        return command;
    }

    /// <summary>How this program starts itself as the compiling child.</summary>
    internal static IReadOnlyList<string> Child()
    {
        string program = Environment.ProcessPath!;
        bool isHost = Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
        return [program, .. isHost ? new[] { typeof(BenchRdnaCommand).Assembly.Location } : [], "bench", "rdna", ChildOption];
    }

    private static RdnaTable[] Compile(string? target, string? filter, bool modelOnly)
    {
        IEnumerable<RdnaTarget> targets = target is null or "all" ? RdnaTarget.All : [RdnaTarget.Get(target)];
        RdnaTable[] tables =
        [
            .. targets.Select(t => RdnaTable.Compile(t, Child(), filter, modelOnly) ?? throw new UsageException(
                $"{RadvCompiler.Absent}. ./test unpacks it into .tools/mesa on Debian 12; VK_DRIVER_FILES names another place."))
        ];
        return tables.Any(t => t.Rows.Length > 0) ? tables : throw new UsageException($"No variant has '{filter}' in its name or use.");
    }
}
