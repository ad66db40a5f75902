using System.Globalization;

namespace Hummingbird.Vulkan.Cli;

/// <summary>File names of several videos: <c>{seed}</c> and <c>{index}</c> are filled in.</summary>
internal static class OutputNames
{
    /// <param name="template">What the user wrote.</param>
    /// <param name="seeds">One for each video, in order.</param>
    /// <exception cref="UsageException">Two videos would get the same name.</exception>
    public static IReadOnlyList<string> For(string template, IReadOnlyList<long> seeds)
    {
        bool hasPlaceholder = template.Contains("{seed}", StringComparison.Ordinal) || template.Contains("{index}", StringComparison.Ordinal);
        string numbered = hasPlaceholder || seeds.Count == 1 ? template : Numbered(template);
        string[] names = [.. seeds.Select((seed, i) => Fill(numbered, seed, i + 1))];
        string? twice = names.GroupBy(n => n, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1)?.Key;
        return twice is null ? names : throw new UsageException($"Several videos would be written to '{twice}': put {{index}} into the name '{template}'.");
    }

    private static string Fill(string template, long seed, int index) => template
        .Replace("{seed}", seed.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace("{index}", index.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    /// <summary>out.mp4 -> out-{index}.mp4.</summary>
    private static string Numbered(string path)
    {
        string bare = Path.TrimEndingDirectorySeparator(path);
        string extension = Path.GetExtension(bare);
        return $"{bare[..^extension.Length]}-{{index}}{extension}";
    }
}
