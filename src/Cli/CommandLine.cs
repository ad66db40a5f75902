using System.CommandLine;
using Hummingbird.Vulkan.Cli.Commands;

namespace Hummingbird.Vulkan.Cli;

/// <summary>The whole command line: parses, runs the command, turns what went wrong into one line and an exit code.</summary>
internal static class CommandLine
{
    // A prompt may begin with '@': it never names a file of arguments.
    private static readonly ParserConfiguration Parsing = new() { ResponseFileTokenReplacer = null };

    public static int Run(IReadOnlyList<string> args, Terminal terminal)
    {
        RootCommand root = Create(terminal);
        ParseResult parsed = root.Parse(args.Count == 0 ? ["--help"] : args, Parsing);
        bool isVerbose = parsed.Tokens.Any(t => t.Value is "-v" or "--verbose");
        try
        {
            if (parsed.Errors.Count > 0)
            {
                throw new UsageException($"{parsed.Errors[0].Message} `{HelpFor(parsed)}` lists what there is.");
            }

            return parsed.Invoke(new InvocationConfiguration
            {
                Output = terminal.Out, Error = terminal.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null,
            });
        }
#pragma warning disable CA1031 // The last place to answer for anything: it becomes a line and an exit code.
        catch (Exception error)
#pragma warning restore CA1031
        {
            return Failure.Report(error, terminal, isVerbose);
        }
    }

    public static RootCommand Create(Terminal terminal)
    {
        RootCommand root = new("Text to video on any Vulkan GPU, or without one.")
        {
            CompareCommand.Create(terminal),
            InspectCommand.Create(terminal),
        };
        HelpWithExamples.AddTo(root);
        return root;
    }

    private static string HelpFor(ParseResult parsed)
        => string.Join(' ', parsed.CommandResult.Command is RootCommand ? ["hummingbird", "--help"] : ["hummingbird", parsed.CommandResult.Command.Name, "--help"]);
}
