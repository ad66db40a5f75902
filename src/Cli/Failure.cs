using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Schedulers;

namespace Hummingbird.Vulkan.Cli;

/// <summary>From an exception to one line and an exit code.</summary>
internal static class Failure
{
    public static int Report(Exception error, Terminal terminal, bool isVerbose)
    {
        terminal.Say(Describe(error));
        if (isVerbose && error is not UsageException)
        {
            terminal.Error.WriteLine(error);
        }

        return ExitCodeOf(error);
    }

    public static int ExitCodeOf(Exception error) => error switch
    {
        OperationCanceledException => ExitCodes.Cancelled,
        UsageException or GenerationException or SchedulerException => ExitCodes.WrongUsage,
        _ => ExitCodes.Failed,
    };

    /// <summary>Our own exceptions say all there is to say; of others the kind is named as well.</summary>
    public static string Describe(Exception error) => error switch
    {
        GenerationException { Problem: string problem } e => $"--{e.Parameter!.Replace('_', '-')} {problem}",
        OperationCanceledException => "cancelled; nothing was written.",
        IOException or UnauthorizedAccessException => error.Message,
        _ when IsOurs(error) => error.Message,
        OutOfMemoryException => "the machine ran out of memory. Fewer --frames, a smaller size or --precision fp16 need less.",
        _ => $"unexpected {error.GetType().Name}: {error.Message} (-v shows the stack trace)",
    };

    private static bool IsOurs(Exception error)
        => error.GetType().Namespace?.StartsWith("Hummingbird.Vulkan", StringComparison.Ordinal) == true;
}
