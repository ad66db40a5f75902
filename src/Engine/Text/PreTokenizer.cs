using System.Text;

namespace Hummingbird.Vulkan.Engine.Text;

/// <summary>Splits cleaned text into the pieces byte-pair encoding works within.</summary>
/// <remarks>Leftmost of: a special token, a contraction ('s 't 're 've 'm 'll 'd), a run of letters, one number, a run of anything else
/// that is not white space. CLIP's regular expression, written out: letters and numbers are Unicode L* and N* by code point.</remarks>
internal static class PreTokenizer
{
    private enum Kind
    {
        Space, Letter, Number, Other,
    }

    private static readonly string[] Contractions = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];

    /// <summary>The ranges of the pieces, in order.</summary>
    public static IEnumerable<Range> Split(string text, IReadOnlyCollection<string> specials)
    {
        for (int at = 0; at < text.Length;)
        {
            int length = FixedPiece(text.AsSpan(at), specials);
            if (length == 0)
            {
                Kind kind = KindAt(text, at, out length);
                if (kind is Kind.Letter or Kind.Other)
                    length = RunLength(text, at, kind);
                else if (kind == Kind.Space)
                {
                    at += length;
                    continue;
                }
            }

            yield return at..(at + length);
            at += length;
        }
    }

    private static int FixedPiece(ReadOnlySpan<char> rest, IReadOnlyCollection<string> specials)
    {
        foreach (string special in specials)
        {
            if (rest.StartsWith(special, StringComparison.Ordinal))
                return special.Length;
        }

        if (rest[0] != '\'')
            return 0;
        foreach (string contraction in Contractions)
        {
            if (rest.StartsWith(contraction, StringComparison.Ordinal))
                return contraction.Length;
        }

        return 0;
    }

    private static int RunLength(string text, int from, Kind kind)
    {
        int at = from;
        while (at < text.Length && KindAt(text, at, out int length) == kind)
            at += length;
        return at - from;
    }

    private static Kind KindAt(string text, int at, out int length)
    {
        // A lone surrogate reads as U+FFFD: neither letter nor number, one char long.
        Rune.DecodeFromUtf16(text.AsSpan(at), out Rune rune, out length);
        return PromptText.IsWhiteSpace(rune) ? Kind.Space
            : Rune.IsLetter(rune) ? Kind.Letter
            : IsNumber(rune) ? Kind.Number
            : Kind.Other;
    }

    private static bool IsNumber(Rune rune) => Rune.GetUnicodeCategory(rune)
        is System.Globalization.UnicodeCategory.DecimalDigitNumber
        or System.Globalization.UnicodeCategory.LetterNumber
        or System.Globalization.UnicodeCategory.OtherNumber;
}
