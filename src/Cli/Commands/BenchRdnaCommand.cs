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
        CommandWithExamples command = new("rdna", "Compile every kernel for AMD's integrated GPUs and show registers, occupancy and instructions; needs no GPU.")
        {
            child,
        };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(child))
            {
                CompileChild.Run(terminal.In, terminal.Out);
                return ExitCodes.Done;
            }

            return ExitCodes.Done;
        });
        return command;
    }

    /// <summary>How this program starts itself as the compiling child.</summary>
    private static IReadOnlyList<string> Child()
    {
        string program = Environment.ProcessPath!;
        bool isHost = Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
        return [program, .. isHost ? new[] { typeof(BenchRdnaCommand).Assembly.Location } : [], "bench", "rdna", ChildOption];
    }
}
