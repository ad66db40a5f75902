using System.Collections.Immutable;

namespace Hummingbird.Vulkan.Bench.Rdna;

/// <summary>How often a machine instruction stands in a shader, by how many loops are around it.</summary>
/// <param name="Operation">Without encoding suffixes: <c>v_fma_f32</c>.</param>
/// <param name="LoopDepth">0 outside of loops.</param>
public sealed record OperationCount(string Operation, int LoopDepth, int Count);

/// <summary>Reads the text of ACO's intermediate form ("ACO IR"): one instruction a line, results before " = ", blocks as "BB3".</summary>
/// <remarks>Used in place of the disassembly, which needs an LLVM that knows the chip. Blocks stand in the order of execution and
/// those of a loop together, so the kinds "loop-header" and "loop-exit" of their headings are enough to know the depth.</remarks>
public static class AcoText
{
    public static ImmutableArray<OperationCount> CountOperations(string text)
    {
        Dictionary<(string, int), int> counts = [];
        int depth = 0;
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            if (line.StartsWith("/*"))
            {
                depth = Math.Max(0, depth + (line.Contains("loop-header,", StringComparison.Ordinal) ? 1 : 0) - (line.Contains("loop-exit,", StringComparison.Ordinal) ? 1 : 0));
            }
            else if (OperationOf(line) is { Length: > 0 } operation)
            {
                counts[(operation, depth)] = counts.GetValueOrDefault((operation, depth)) + 1;
            }
        }

        return
        [
            .. counts.Select(c => new OperationCount(c.Key.Item1, c.Key.Item2, c.Value))
                .OrderBy(c => c.Operation, StringComparer.Ordinal).ThenBy(c => c.LoopDepth),
        ];
    }

    private static string OperationOf(ReadOnlySpan<char> line)
    {
        int results = line.IndexOf(" = ");
        ReadOnlySpan<char> word = (results < 0 ? line : line[(results + 3)..]).Trim();
        int end = word.IndexOfAny(' ', '\t');
        word = end < 0 ? word : word[..end];
        foreach (string suffix in (ReadOnlySpan<string>)["_e64", "_dpp", "_sdwa"])
        {
            word = word.EndsWith(suffix) ? word[..^suffix.Length] : word;
        }

        return IsMachineOperation(word) ? word.ToString() : "";
    }

    private static bool IsMachineOperation(ReadOnlySpan<char> word)
        => word.StartsWith("v_") || word.StartsWith("s_") || word.StartsWith("ds_") || word.StartsWith("buffer_")
            || word.StartsWith("global_") || word.StartsWith("flat_") || word.StartsWith("scratch_");
}
