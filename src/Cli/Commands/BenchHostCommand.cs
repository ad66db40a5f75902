using System.CommandLine;
using System.Diagnostics;

namespace Hummingbird.Vulkan.Cli.Commands;

/// <summary><c>bench host</c>: the part of a generation that no GPU does, timed by BenchmarkDotNet.</summary>
internal static class BenchHostCommand
{
    private const string Solution = "Hummingbird.Vulkan.sln";

    public static Command Create(Terminal terminal)
    {
        Option<string?> filter = Options.Text("--filter", "GLOB", "Run the benchmarks whose full name matches, such as *Step*. Default: all.");
        CommandWithExamples command = new(
            "host",
            "Time the host's own work (tokenizer, weights, graphs, memory plan, submits) and count what it allocates.",
            "hummingbird bench host",
            "hummingbird bench host --filter '*Step*'")
        {
            filter,
        };
        command.SetAction(parsed =>
        {
            string project = Path.Combine(Root(), "bench", "Host", "Hummingbird.Vulkan.Bench.Host.csproj");
            string artifacts = Directory.CreateTempSubdirectory("hummingbird-bench-").FullName;
            terminal.Say($"results go to {artifacts}");
            ProcessStartInfo start = new("dotnet", ["run", "-c", "Release", "--project", project, "--", "--filter", parsed.GetValue(filter) ?? "*", "--artifacts", artifacts]) { UseShellExecute = false };
            using Process process = Process.Start(start) ?? throw new InvalidOperationException("dotnet could not be started.");
            process.WaitForExit();
            return process.ExitCode == 0 ? ExitCodes.Done : ExitCodes.Failed;
        });
        return command;
    }

    /// <summary>The checkout this program was built in.</summary>
    private static string Root()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, Solution)))
            {
                return folder.FullName;
            }
        }

        throw new UsageException($"bench host is built when it is run, so it needs the sources: {Solution} is in no folder above {AppContext.BaseDirectory}.");
    }
}
