namespace Hummingbird.Vulkan.Engine.Weights;

/// <summary>The names most like a missing one, by edit distance, so that a message can say what the file has instead.</summary>
internal static class NearestNames
{
    // A hostile file may hold many long names: a hint is not worth more work than this.
    private const int MostCandidates = 5000;
    private const int LongestName = 200;

    public static IReadOnlyList<string> Of(string wanted, IEnumerable<string> names, int count)
    {
        if (wanted.Length > LongestName)
            return [];
        return [.. names.Take(MostCandidates)
            .Where(name => name.Length <= LongestName)
            .Select(name => (Name: name, Distance: EditDistance(wanted, name)))
            .OrderBy(pair => pair.Distance)
            .ThenBy(pair => pair.Name, StringComparer.Ordinal)
            .Take(count)
            .Select(pair => pair.Name)];
    }

    /// <summary>Levenshtein distance with one row of storage.</summary>
    private static int EditDistance(string a, string b)
    {
        Span<int> row = stackalloc int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++)
            row[j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
