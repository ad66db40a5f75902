namespace Hummingbird.Vulkan.Cli;

/// <summary>What the process answers to the shell.</summary>
internal static class ExitCodes
{
    public const int Done = 0;

    /// <summary>Something was wrong with the machine, the files or the model.</summary>
    public const int Failed = 1;

    /// <summary>Something was wrong with the command line.</summary>
    public const int WrongUsage = 2;

    /// <summary>Ctrl-C, as shells count it: 128 + SIGINT.</summary>
    public const int Cancelled = 130;
}

/// <summary>A command line that means nothing; the message says what would.</summary>
internal sealed class UsageException(string message) : Exception(message);
