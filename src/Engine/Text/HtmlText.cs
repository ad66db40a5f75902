using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;

namespace Hummingbird.Vulkan.Engine.Text;

/// <summary>Replaces HTML character references the way Python's <c>html.unescape</c> does.</summary>
/// <remarks>Numeric references, the named ones of HTML 4, and the old names that need no semicolon. Names only HTML 5 has stay as they are.</remarks>
internal static class HtmlText
{
    private const int LongestName = 32;
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");
    private static readonly SearchValues<char> NameEnds = SearchValues.Create("\t\n\f <&#;");

    // Windows-1252 for 0x80..0x9F, as browsers read such references; zero where that has nothing.
    private static ReadOnlySpan<ushort> Windows1252 =>
    [
        0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008D, 0x017D, 0x008F,
        0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178,
    ];

    public static string Unescape(string text)
    {
        int at = text.IndexOf('&');
        if (at < 0)
            return text;
        var result = new StringBuilder(text.Length);
        int from = 0;
        for (; at >= 0; at = text.IndexOf('&', from))
        {
            result.Append(text, from, at - from);
            from = at + 1 + AppendReference(text.AsSpan(at + 1), result);
        }

        return result.Append(text, from, text.Length - from).ToString();
    }

    /// <summary>Appends what the reference after an ampersand stands for; returns how many characters of it were used.</summary>
    private static int AppendReference(ReadOnlySpan<char> rest, StringBuilder result)
    {
        int used = rest.StartsWith("#") ? AppendNumeric(rest, result) : AppendNamed(rest, result);
        if (used == 0)
            result.Append('&');
        return used;
    }

    private static int AppendNumeric(ReadOnlySpan<char> rest, StringBuilder result)
    {
        bool hex = rest.Length > 1 && rest[1] is 'x' or 'X';
        ReadOnlySpan<char> digits = rest[(hex ? 2 : 1)..];
        int count = hex ? digits.IndexOfAnyExcept(HexDigits) : digits.IndexOfAnyExceptInRange('0', '9');
        count = count < 0 ? digits.Length : count;
        if (count == 0)
            return 0;
        ReadOnlySpan<char> significant = digits[..count].TrimStart('0');
        int value = significant.Length > 8 ? int.MaxValue
            : significant.IsEmpty ? 0
            : (int)Math.Min(int.MaxValue, long.Parse(significant, hex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture));
        AppendCodePoint(value, result);
        int used = (hex ? 2 : 1) + count;
        return used < rest.Length && rest[used] == ';' ? used + 1 : used;
    }

    private static void AppendCodePoint(int value, StringBuilder result)
    {
        if (value is >= 0x80 and <= 0x9F)
            result.Append((char)Windows1252[value - 0x80]);
        else if (value == 0 || value > 0x10FFFF || value is >= 0xD800 and <= 0xDFFF)
            result.Append('\uFFFD');
        else if (value == '\r' || !IsInvalid(value))
            result.Append(new Rune(value));
    }

    /// <summary>Control characters and noncharacters, which stand for nothing.</summary>
    private static bool IsInvalid(int value) =>
        value is < 0x09 or 0x0B or (>= 0x0E and < 0x20) or 0x7F or (>= 0xFDD0 and <= 0xFDEF) || (value & 0xFFFE) == 0xFFFE;

    private static int AppendNamed(ReadOnlySpan<char> rest, StringBuilder result)
    {
        int end = rest.IndexOfAny(NameEnds);
        int length = Math.Min(end < 0 ? rest.Length : end, LongestName);
        if (length == end && rest[end] == ';' && Lookup(rest[..length]) is { } named)
        {
            result.Append(named);
            return length + 1;
        }

        for (; length >= 2; length--)
        {
            if (Lookup(rest[..length]) is { } old && NeedsNoSemicolon(rest[..length], old))
            {
                result.Append(old);
                return length;
            }
        }

        return 0;
    }

    private static string? Lookup(ReadOnlySpan<char> name)
    {
        if (name is "AMP" or "LT" or "GT" or "QUOT" or "COPY" or "REG")
            return Lookup(name.ToString().ToLowerInvariant());
        string reference = $"&{name};";
        string decoded = WebUtility.HtmlDecode(reference);
        return decoded == reference ? null : decoded;
    }

    /// <summary>The Latin-1 names and the four of markup itself; all others need their semicolon.</summary>
    private static bool NeedsNoSemicolon(ReadOnlySpan<char> name, string value) =>
        value is [<= '\u00FF'] && name is not "apos";
}
