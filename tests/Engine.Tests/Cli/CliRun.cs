using Hummingbird.Vulkan.Cli;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Cli;

/// <summary>One call of the command line, in this process.</summary>
internal sealed record CliRun(int ExitCode, string Out, string Error)
{
    public string[] OutLines => Lines(Out);

    public string[] ErrorLines => Lines(Error);

    public static CliRun Of(params string[] args) => WithInput("", args);

    public static CliRun WithInput(string input, params string[] args)
    {
        using StringWriter output = new(), error = new();
        int code = CommandLine.Run(args, new Terminal(new StringReader(input), output, error, IsInteractive: false, UsesColor: false));
        return new(code, output.ToString(), error.ToString());
    }

    /// <summary>A video of one frame after one step by the reference: the least that goes through everything.</summary>
    public static CliRun Generate(params string[] args)
        => Of(["generate", "a red ball", "--device", "reference", "--frames", "1", "--steps", "1", "-W", "16", "-H", "16", .. args.Contains("--model") ? [] : (string[])["--model", "nano"], .. args]);

    /// <summary>Exactly one line of explanation, and nothing where results go.</summary>
    public void AssertRefused(int exitCode, string expected)
    {
        Assert.Equal(exitCode, ExitCode);
        Assert.Single(ErrorLines);
        Assert.StartsWith("hummingbird: ", Error, StringComparison.Ordinal);
        Assert.Contains(expected, Error, StringComparison.Ordinal);
        Assert.Empty(Out);
    }

    public void AssertDone() => Assert.True(ExitCode == 0, $"Exit code {ExitCode}: {Error}");

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}

/// <summary>A folder that is gone after the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("hummingbird-cli-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public string[] Names => [.. Directory.EnumerateFileSystemEntries(Path).Select(p => System.IO.Path.GetFileName(p)).Order(StringComparer.Ordinal)];

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
