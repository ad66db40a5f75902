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
        Option<string?> json = Options.Text("--json", "FILE", "Write everything as JSON.");
        Option<string?> markdown = Options.Text("--markdown", "FILE", "Write what Hummingbird 0.7B runs as Markdown, with estimates: docs/rdna.md.");
        Option<bool> update = Options.Flag("--update-budget", $"Record today's throughput in {RdnaBudget.FileName}.");
        CommandWithExamples command = new(
            "rdna",
            "Compile every kernel for AMD's integrated GPUs, show registers, occupancy and instructions, and compare with the budget; exit code 1 when it is passed. Needs RADV 25.0, but no GPU.",
            "hummingbird bench rdna",
            "hummingbird bench rdna --target gfx1151 --filter conv2d")
        {
            child, target, filter, json, markdown, update,
        };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(child))
            {
                CompileChild.Run(terminal.In, terminal.Out);
                return ExitCodes.Done;
            }

            string? text = parsed.GetValue(filter), markdownFile = parsed.GetValue(markdown);
            bool updates = parsed.GetValue(update);
            if (text is not null && (updates || markdownFile is not null))
            {
                throw new UsageException("--filter leaves variants out; --update-budget and --markdown need all of them.");
            }

            RdnaTable[] tables = Compile(parsed.GetValue(target), text);
            Write(tables, parsed.GetValue(json), markdownFile, terminal.Out);
            return Judge(tables, updates, terminal);
        });
        return command;
    }

    /// <summary>Compiles for one target.</summary>
    internal static RdnaTable Compile(RdnaTarget target, IEnumerable<ShaderVariant> variants) => RdnaTable.Compile(target, variants, Child())
        ?? throw new UsageException($"{RadvCompiler.Absent}. On Debian 12 without a GPU ./test unpacks it into .tools/mesa; VK_DRIVER_FILES may name a radeon_icd.json elsewhere.");

    private static RdnaTable[] Compile(string? target, string? filter)
    {
        bool Matches(ShaderVariant v)
            => filter is null || v.Name.Contains(filter, StringComparison.OrdinalIgnoreCase) || v.Example.Contains(filter, StringComparison.OrdinalIgnoreCase);
        IEnumerable<RdnaTarget> targets = target is null or "all" ? RdnaTarget.All : [RdnaTarget.Get(target)];
        RdnaTable[] tables = [.. targets.Select(t => Compile(t, ShaderVariant.Of(t.Plan()).Where(Matches)))];
        return tables.Any(t => t.Rows.Length > 0) ? tables : throw new UsageException($"No variant has '{filter}' in its name or use.");
    }

    private static void Write(RdnaTable[] tables, string? jsonFile, string? markdownFile, TextWriter output)
    {
        foreach (RdnaTable table in tables)
        {
            output.WriteLine(RdnaReport.Markdown(table, all: true));
        }

        if (jsonFile is not null)
        {
            File.WriteAllText(jsonFile, RdnaReport.Json(tables));
        }

        if (markdownFile is not null)
        {
            File.WriteAllText(markdownFile, RdnaDocument.Write(tables));
        }
    }

    private static int Judge(RdnaTable[] tables, bool updates, Terminal terminal)
    {
        if (RdnaBudget.File is not { } file)
        {
            return updates ? throw new UsageException($"{RdnaBudget.FileName} is part of the checkout, and this program was moved out of it.") : ExitCodes.Done;
        }

        RdnaBudget budget = RdnaBudget.Parse(File.ReadAllText(file));
        if (updates)
        {
            budget = budget.Updated(tables);
            File.WriteAllText(file, budget.ToJson());
        }

        string[] violations = [.. tables.SelectMany(t => budget.Violations(t))];
        foreach (string violation in violations)
        {
            terminal.Say(violation);
        }

        int unrecorded = tables.Sum(t => budget.Unrecorded(t).Length);
        if (unrecorded > 0)
        {
            terminal.Say($"the throughput of {unrecorded} variants is not recorded: --update-budget does, and its diff shows what changed.");
        }

        terminal.Say(violations.Length == 0 ? $"every variant holds {RdnaBudget.FileName}." : $"{violations.Length} violations of {RdnaBudget.FileName}.");
        return violations.Length == 0 ? ExitCodes.Done : ExitCodes.Failed;
    }

    /// <summary>How this program starts itself as the compiling child.</summary>
    private static IReadOnlyList<string> Child()
    {
        string program = Environment.ProcessPath!;
        bool isHost = Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
        return [program, .. isHost ? new[] { typeof(BenchRdnaCommand).Assembly.Location } : [], "bench", "rdna", ChildOption];
    }
}
