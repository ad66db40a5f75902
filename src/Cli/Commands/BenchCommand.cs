using System.CommandLine;

namespace Hummingbird.Vulkan.Cli.Commands;

/// <summary><c>bench</c>: how fast things are, each by a command of its own.</summary>
internal static class BenchCommand
{
    public static Command Create(Terminal terminal) => new("bench", "Measure kernels and models, or read what a compiler makes of them.")
    {
        BenchModelCommand.Create(terminal),
        BenchKernelsCommand.Create(terminal),
        BenchHostCommand.Create(terminal),
        BenchRdnaCommand.Create(terminal),
    };
}
