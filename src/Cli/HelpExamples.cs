using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Hummingbird.Vulkan.Cli;

/// <summary>A command whose help ends in examples.</summary>
internal sealed class CommandWithExamples(string name, string description, params string[] examples) : Command(name, description)
{
    public IReadOnlyList<string> Examples => examples;
}

/// <summary>The library's help, and the command's examples behind it.</summary>
internal sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    /// <summary>Puts the examples into the help of every command below <paramref name="root"/>.</summary>
    public static void AddTo(RootCommand root)
    {
        HelpOption option = root.Options.OfType<HelpOption>().Single();
        option.Action = new HelpWithExamples((HelpAction)option.Action!);
    }

    public override int Invoke(ParseResult parseResult)
    {
        int code = help.Invoke(parseResult);
        if (parseResult.CommandResult.Command is CommandWithExamples command)
        {
            parseResult.InvocationConfiguration.Output.WriteLine("Examples:");
            foreach (string example in command.Examples)
            {
                parseResult.InvocationConfiguration.Output.WriteLine($"  {example}");
            }

            parseResult.InvocationConfiguration.Output.WriteLine();
        }

        return code;
    }
}
