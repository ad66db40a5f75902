using System.Globalization;
using System.Text;

namespace Hummingbird.Vulkan.Engine.Weights;

/// <summary>Text from a file as it may appear in a message: quoted, control characters escaped, cut to a readable length.</summary>
internal static class Quote
{
    private const int LongestName = 120;

    /// <summary>A name from a file in single quotes; characters a terminal or log could act on become \uXXXX.</summary>
    public static string Name(string name)
    {
        var text = new StringBuilder("'");
        foreach (char c in name.AsSpan(0, Math.Min(name.Length, LongestName)))
        {
            bool acts = char.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate;
            if (acts)
                text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else
                text.Append(c);
        }

        return text.Append(name.Length > LongestName ? "...'" : "'").ToString();
    }

    public static string Shape(ReadOnlySpan<int> shape) => $"[{string.Join(", ", shape.ToArray())}]";

    public static string Shape(ReadOnlySpan<long> shape) => $"[{string.Join(", ", shape.ToArray())}]";
}
