using System.Globalization;
using System.Text;

namespace Hummingbird.Vulkan.Engine.Text;

/// <summary>Cleans a prompt as CLIP's training texts were cleaned: typography straightened, HTML unescaped, one blank between words, lower case.</summary>
/// <remarks>The original runs ftfy first. Of it this does what matters to typed text: composed characters (NFC), straight quotes,
/// ligatures and full-width forms as plain letters, control characters removed. Repair of mis-decoded text is not done.</remarks>
internal static class PromptText
{
    private static readonly string[] Ligatures = ["ff", "fi", "fl", "ffi", "ffl", "ſt", "st"];

    public static string Clean(string text)
    {
        text = Composition.Compose(Straighten(text));
        text = HtmlText.Unescape(HtmlText.Unescape(text));
        return LowerCase(CollapseWhiteSpace(text));
    }

    /// <summary>White space as Python's str.isspace has it.</summary>
    public static bool IsWhiteSpace(Rune rune) => Rune.IsWhiteSpace(rune) || rune.Value is >= 0x1C and <= 0x1F;

    private static string Straighten(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            return text;
        var result = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            if (c is >= '\uFB00' and <= '\uFB06')
                result.Append(Ligatures[c - '\uFB00']);
            else if (Plain(c) is { } plain)
                result.Append(plain);
        }

        return result.ToString();
    }

    private static char? Plain(char c) => c switch
    {
        '\u2018' or '\u2019' or '\u201A' or '\u201B' or '\u02BC' => '\'',
        '\u201C' or '\u201D' or '\u201E' or '\u201F' => '"',
        '\u3000' => ' ',
        >= '\uFF01' and <= '\uFF5E' => (char)(c - 0xFEE0),
        '\uFEFF' or (>= '\uFFF9' and <= '\uFFFC') or (>= '\u206A' and <= '\u206F') => null,
        < ' ' and not ('\t' or '\n' or '\f' or '\r') => null,
        '\u007F' => null,
        _ => c,
    };

    private static string CollapseWhiteSpace(string text)
    {
        var result = new StringBuilder(text.Length);
        bool pending = false;
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (IsWhiteSpace(rune))
            {
                pending = result.Length > 0;
                continue;
            }

            if (pending)
                result.Append(' ');
            pending = false;
            result.Append(rune);
        }

        return result.ToString();
    }

    /// <summary>Full lower-casing: one rune at a time, with the two cases that need more, the dotted capital I and the final sigma.</summary>
    private static string LowerCase(string text)
    {
        if (Ascii.IsValid(text))
            return text.ToLowerInvariant();
        Rune[] runes = [.. text.EnumerateRunes()];
        var result = new StringBuilder(text.Length);
        for (int i = 0; i < runes.Length; i++)
        {
            if (runes[i].Value == 'İ')
                result.Append("i\u0307");
            else if (runes[i].Value == 'Σ')
                result.Append(IsFinalSigma(runes, i) ? 'ς' : 'σ');
            else
                result.Append(Rune.ToLowerInvariant(runes[i]));
        }

        return result.ToString();
    }

    /// <summary>Unicode's Final_Sigma: a cased letter before, none after, marks and apostrophes not counted.</summary>
    private static bool IsFinalSigma(ReadOnlySpan<Rune> runes, int at)
    {
        int before = at - 1, after = at + 1;
        while (before >= 0 && IsCaseIgnorable(runes[before]))
            before--;
        while (after < runes.Length && IsCaseIgnorable(runes[after]))
            after++;
        return before >= 0 && IsCased(runes[before]) && !(after < runes.Length && IsCased(runes[after]));
    }

    private static bool IsCased(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter;

    private static bool IsCaseIgnorable(Rune rune) => rune.Value is '\'' or '.' or ':' or 0xB7 or 0x2019 or 0x2024 or 0x2027
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format
            or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol;
}
