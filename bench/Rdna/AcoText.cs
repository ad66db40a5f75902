namespace Hummingbird.Vulkan.Bench.Rdna;

/// <summary>Reads the text of ACO's intermediate form ("ACO IR"): one instruction a line, results before " = ".</summary>
/// <remarks>Used in place of the disassembly, which needs an LLVM that knows the chip.</remarks>
public static class AcoText
{
    /// <summary>How often each machine instruction stands in the text. A dual-issued pair counts as both of its halves.</summary>
    public static IReadOnlyDictionary<string, int> CountOperations(string text)
    {
        Dictionary<string, int> counts = [];
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            ReadOnlySpan<char> rest = line;
            while (!rest.IsEmpty)
            {
                int pair = rest.IndexOf(" :: ");
                ReadOnlySpan<char> half = pair < 0 ? rest : rest[..pair];
                if (OperationOf(half) is { Length: > 0 } operation)
                {
                    counts[operation] = counts.GetValueOrDefault(operation) + 1;
                }

                rest = pair < 0 ? [] : rest[(pair + 4)..];
            }
        }

        return counts;
    }

    private static string OperationOf(ReadOnlySpan<char> instruction)
    {
        int results = instruction.IndexOf(" = ");
        ReadOnlySpan<char> word = (results < 0 ? instruction : instruction[(results + 3)..]).Trim();
        int end = word.IndexOfAny(' ', '\t');
        word = end < 0 ? word : word[..end];
        return IsMachineOperation(word) ? word.ToString() : "";
    }

    private static bool IsMachineOperation(ReadOnlySpan<char> word)
        => word.StartsWith("v_") || word.StartsWith("s_") || word.StartsWith("ds_") || word.StartsWith("buffer_")
            || word.StartsWith("global_") || word.StartsWith("flat_") || word.StartsWith("scratch_");
}
