using System.Text.RegularExpressions;

namespace Hummingbird.Vulkan.Server;

/// <summary>Messages as strangers may read them: of a path only the last name stays.</summary>
internal static partial class PublicText
{
    public static string Of(string message) => AbsolutePath().Replace(message, m => Path.GetFileName(m.Value.TrimEnd('/', '\\', '.', ':', ';')) + Tail(m.Value));

    /// <summary>Our own exceptions are written for users; of others the kind is all that is told.</summary>
    public static string Of(Exception error) => IsForUsers(error)
        ? Of(error.Message)
        : $"An internal error stopped the video ({error.GetType().Name}). The server goes on.";

    private static bool IsForUsers(Exception error) => error is IOException or UnauthorizedAccessException
        || error.GetType().Namespace?.StartsWith("Hummingbird.Vulkan", StringComparison.Ordinal) == true;

    private static string Tail(string path) => path[path.TrimEnd('.', ':', ';').Length..];

    [GeneratedRegex(@"(?<![\w.])(/[^\s/'""]+(/[^\s/'""]*)+|[A-Za-z]:\\[^\s'""]+)")]
    private static partial Regex AbsolutePath();
}
