using System.Diagnostics.CodeAnalysis;

namespace Hummingbird.Vulkan.Engine.Hub;

/// <summary>OWNER/REPO on the Hub.</summary>
public readonly record struct RepositoryName
{
    private const int Longest = 96;
    private const string FolderPrefix = "models--", FolderSeparator = "--";

    private RepositoryName(string owner, string name) => (Owner, Name) = (owner, name);

    public string Owner { get; }

    public string Name { get; }

    /// <summary>Its folder in the cache: models--OWNER--REPO.</summary>
    internal string FolderName => FolderPrefix + Owner + FolderSeparator + Name;

    /// <exception cref="HubException">The text is not of that form.</exception>
    public static RepositoryName Parse(string text) => TryParse(text, out RepositoryName? name) ? name.Value
        : throw new HubException($"'{text}' is not a repository: expected OWNER/REPO, letters, digits, '-', '_' and '.' only.");

    /// <summary>The Hub's own rules, which leave nothing that a path could be made of.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out RepositoryName? name)
    {
        string[] parts = text.Split('/');
        bool isName = parts.Length == 2 && text.Length <= Longest && parts.All(IsPart);
        name = isName ? new RepositoryName(parts[0], parts[1]) : null;
        return isName;
    }

    /// <summary>The repository a folder of the cache belongs to; null for a folder of something else.</summary>
    internal static RepositoryName? OfFolder(string folderName) =>
        folderName.StartsWith(FolderPrefix, StringComparison.Ordinal)
        && TryParse(folderName[FolderPrefix.Length..].Replace(FolderSeparator, "/", StringComparison.Ordinal), out RepositoryName? name) ? name : null;

    public override string ToString() => $"{Owner}/{Name}";

    private static bool IsPart(string part) =>
        part.Length > 0 && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
        && part[0] is not ('-' or '.') && part[^1] is not ('-' or '.')
        && !part.Contains("--", StringComparison.Ordinal) && !part.Contains("..", StringComparison.Ordinal)
        && !part.EndsWith(".git", StringComparison.Ordinal);
}
