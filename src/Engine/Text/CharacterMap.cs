using System.Buffers.Binary;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Engine.Text;

/// <summary>SentencePiece's precompiled_charsmap: which byte sequences become which others (NFKC and more), longest match first.</summary>
/// <remarks>Layout: size of the trie in bytes (u32), the trie (a double array of darts-clone's u32 units), then the replacements, each ended
/// by a zero byte. Unit: bits 0-7 label, bit 8 has a leaf, bits 10-30 offset (times 256 where bit 9 is set); a leaf's bits 0-30 are where
/// the replacement starts.</remarks>
internal sealed class CharacterMap
{
    private readonly uint[] trie;
    private readonly byte[] replacements;

    /// <param name="blob">Empty: nothing is replaced.</param>
    /// <param name="file">What messages call its file.</param>
    public CharacterMap(ReadOnlySpan<byte> blob, string file)
    {
        (trie, replacements) = ([], []);
        if (blob.IsEmpty)
            return;
        long size = blob.Length < 4 ? -1 : BinaryPrimitives.ReadUInt32LittleEndian(blob);
        if (size < 4 || size % 4 != 0 || size > blob.Length - 4)
            throw WeightException.In(file, $"has a character map of {blob.Length} bytes whose trie would have {size}.");
        trie = new uint[size / 4];
        for (int i = 0; i < trie.Length; i++)
            trie[i] = BinaryPrimitives.ReadUInt32LittleEndian(blob[(4 + (4 * i))..]);
        replacements = blob[(4 + (int)size)..].ToArray();
    }

    /// <summary>The longest sequence at the start of a text that is replaced.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="replacement">By what; may be empty.</param>
    /// <returns>Its length in bytes; 0 when nothing matches.</returns>
    public int Match(ReadOnlySpan<byte> utf8, out ReadOnlySpan<byte> replacement)
    {
        (int longest, uint start) = (0, 0);
        uint node = trie.Length == 0 ? 0 : Offset(trie[0]);
        for (int i = 0; i < utf8.Length; i++)
        {
            node ^= utf8[i];
            if (node >= trie.Length || (trie[node] & 0x8000_00FF) != utf8[i])
                break;
            uint unit = trie[node];
            node ^= Offset(unit);
            if ((unit & 0x100) != 0 && node < trie.Length)
                (longest, start) = (i + 1, trie[node] & 0x7FFF_FFFF);
        }

        replacement = default;
        if (longest > 0 && start < replacements.Length)
        {
            ReadOnlySpan<byte> rest = replacements.AsSpan((int)start);
            int end = rest.IndexOf((byte)0);
            replacement = end < 0 ? rest : rest[..end];
        }

        return longest;
    }

    private static uint Offset(uint unit) => (unit >> 10) << (int)((unit & 0x200) >> 6);
}
