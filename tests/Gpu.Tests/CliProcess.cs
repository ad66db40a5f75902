using System.Diagnostics;
using System.Runtime.InteropServices;
using Xunit;

namespace Hummingbird.Vulkan.Gpu.Tests;

/// <summary>The program as users start it: a process of its own.</summary>
internal sealed class CliProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process process;
    private readonly Task<string> output, error;

    private CliProcess(Process process)
    {
        this.process = process;
        (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
    }

    /// <param name="environment">Variables to set; null removes one.</param>
    public static CliProcess Start(string[] args, params (string Name, string? Value)[] environment)
    {
        ProcessStartInfo start = new(Dotnet, [Path.Combine(AppContext.BaseDirectory, "hummingbird.dll"), .. args])
        {
            UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true,
        };
        foreach ((string name, string? value) in environment)
        {
            start.Environment[name] = value;
        }

        return new(Process.Start(start)!);
    }

    public static Finished Run(string[] args, params (string Name, string? Value)[] environment)
    {
        using CliProcess run = Start(args, environment);
        return run.Wait();
    }

    /// <summary>The dotnet host this test runs on.</summary>
    public static string Dotnet { get; } = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));

    public Finished Wait()
    {
        Assert.True(process.WaitForExit(Patience), "The program did not end.");
        return new(process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }

    /// <summary>Ctrl-C.</summary>
    public void Interrupt()
    {
        using Process kill = Process.Start("kill", ["-INT", $"{process.Id}"]);
        kill.WaitForExit();
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
        }

        process.Dispose();
    }

    public sealed record Finished(int ExitCode, string Out, string Error)
    {
        /// <summary>Exactly one line of explanation, and nothing where results go.</summary>
        public void AssertRefused(int exitCode, string expected)
        {
            Assert.True(ExitCode == exitCode, $"Exit code {ExitCode}: {Error}");
            Assert.Contains(expected, Assert.Single(Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
            Assert.Empty(Out);
        }

        public void AssertDone() => Assert.True(ExitCode == 0, $"Exit code {ExitCode}: {Error}");
    }
}
