using System.Text;

namespace Hummingbird.Vulkan.Engine.Text;

/// <summary>Cleans a text as the vocabulary's training texts were cleaned: characters replaced, white space counted.</summary>
/// <remarks>Source: the normalisation of the SentencePiece paper (Kudo and Richardson 2018), section 3.1, and its library's behaviour at the
/// ends of a text. White space is U+0020 after replacement; the map turns all other kinds into it.</remarks>
/// <param name="map">Replacements.</param>
/// <param name="settings">Of white space.</param>
/// <param name="kept">Pieces that are taken as they stand.</param>
internal sealed class PieceNormalizer(CharacterMap map, NormalizerSettings settings, PieceTrie kept)
{
    private static readonly byte[] Mark = [0xE2, 0x96, 0x81];
    private static readonly byte[] Replacement = [0xEF, 0xBF, 0xBD];

    private readonly byte[] blank = settings.EscapeWhitespaces ? Mark : " "u8.ToArray();

    public byte[] Normalize(string text)
    {
        ReadOnlySpan<byte> rest = Encoding.UTF8.GetBytes(text);
        if (settings.RemoveExtraWhitespaces)
            rest = WithoutLeadingBlanks(rest);
        if (rest.IsEmpty)
            return [];
        List<byte> result = [];
        if (settings.AddDummyPrefix && !settings.WhitespaceIsSuffix)
            result.AddRange(blank);
        bool isBehindBlank = settings.RemoveExtraWhitespaces;
        while (!rest.IsEmpty)
        {
            int length = Next(rest, out ReadOnlySpan<byte> next);
            while (isBehindBlank && !next.IsEmpty && next[0] == ' ')
                next = next[1..];
            foreach (byte value in next)
            {
                if (value == ' ')
                    result.AddRange(blank);
                else
                    result.Add(value);
            }

            if (!next.IsEmpty)
                isBehindBlank = next[^1] == ' ';
            isBehindBlank &= settings.RemoveExtraWhitespaces;
            rest = rest[length..];
        }

        while (settings.RemoveExtraWhitespaces && EndsWithBlank(result))
            result.RemoveRange(result.Count - blank.Length, blank.Length);
        if (settings.AddDummyPrefix && settings.WhitespaceIsSuffix)
            result.AddRange(blank);
        return [.. result];
    }

    private ReadOnlySpan<byte> WithoutLeadingBlanks(ReadOnlySpan<byte> rest)
    {
        while (!rest.IsEmpty)
        {
            int length = Next(rest, out ReadOnlySpan<byte> next);
            if (!next.SequenceEqual(" "u8))
                break;
            rest = rest[length..];
        }

        return rest;
    }

    private bool EndsWithBlank(List<byte> bytes)
        => bytes.Count >= blank.Length && bytes.Skip(bytes.Count - blank.Length).SequenceEqual(blank);

    /// <summary>What the start of a text becomes, and how many of its bytes that covers.</summary>
    private int Next(ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> next)
    {
        int length = kept.LongestMatch(rest);
        if (length == 0 && (length = map.Match(rest, out next)) > 0)
            return length;
        if (length == 0 && Rune.DecodeFromUtf8(rest, out _, out length) != System.Buffers.OperationStatus.Done)
        {
            next = Replacement;
            return 1;
        }

        next = rest[..length];
        return length;
    }
}
