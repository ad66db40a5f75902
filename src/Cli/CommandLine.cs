using System.CommandLine;
using System.CommandLine.Parsing;
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
            if (Complaint(parsed) is string complaint)
            {
                throw new UsageException($"{complaint} `{HelpFor(parsed)}` lists what there is.");
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
            return Failure.Report(error is AggregateException { InnerException: Exception cause } ? cause : error, terminal, isVerbose);
        }
    }

    public static RootCommand Create(Terminal terminal)
    {
        RootCommand root = new("Text to video on any Vulkan GPU, or without one.")
        {
            GenerateCommand.Create(terminal),
            DevicesCommand.Create(terminal),
            DoctorCommand.Create(terminal),
            ConvertCommand.Create(terminal),
            CompareCommand.Create(terminal),
            InspectCommand.Create(terminal),
            ModelCommand.Create(terminal),
            BenchCommand.Create(terminal),
            TuneCommand.Create(terminal),
            EvalCommand.Create(terminal),
        };
        HelpWithExamples.AddTo(root);
        return root;
    }

    /// <summary>The one thing to say about a command line that cannot be run; null when it can.</summary>
    private static string? Complaint(ParseResult parsed)
    {
        if (parsed.Action is HelpWithExamples || parsed.CommandResult.Command.Options.Any(o => o is VersionOption && parsed.GetResult(o) is { Implicit: false }))
        {
            return null;
        }

        // What looks like an option but is none was taken for an argument, unless "--" stands before it.
        bool isTakenLiterally = parsed.Tokens.Any(t => t.Type == TokenType.DoubleDash);
        string? unknown = parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(a => a.Tokens).Select(t => t.Value)
            .Concat(parsed.UnmatchedTokens).FirstOrDefault(t => t.Length > 1 && t[0] == '-');
        return unknown is not null && !isTakenLiterally ? $"There is no option '{unknown}'."
            : parsed.CommandResult.Command is RootCommand && parsed.UnmatchedTokens.Count > 0 ? $"There is no command '{parsed.UnmatchedTokens[0]}'."
            : parsed.Errors.Count > 0 ? parsed.Errors[0].Message
            : null;
    }

    private static string HelpFor(ParseResult parsed)
    {
        // From the command up to the root, whose name is the program's.
        IEnumerable<string> path = [];
        for (SymbolResult? at = parsed.CommandResult; at is CommandResult { Command: not RootCommand } command; at = at.Parent)
        {
            path = path.Prepend(command.Command.Name);
        }

        return string.Join(' ', ["hummingbird", .. path, "--help"]);
    }
}
