namespace Hummingbird.Vulkan.Engine.Text;

/// <summary>The printable stand-in of every byte: printable Latin-1 stands for itself, the other 68 bytes take U+0100 and up.</summary>
internal static class ByteAlphabet
{
    private const int Others = 0x100;

    /// <summary>The bytes in the order of their token ids: '!'..'~', '¡'..'¬', '®'..'ÿ', then the rest in ascending order.</summary>
    public static IReadOnlyList<byte> IdOrder { get; } =
        [.. Enumerable.Range(0, 256).OrderBy(b => !StandsForItself(b)).ThenBy(b => b).Select(b => (byte)b)];

    /// <summary>Stand-in character of each byte value.</summary>
    public static IReadOnlyList<char> CharOf { get; } = MakeChars();

    /// <summary>Byte value of each stand-in.</summary>
    public static IReadOnlyDictionary<char, byte> ByteOf { get; } =
        Enumerable.Range(0, 256).ToDictionary(b => CharOf[b], b => (byte)b);

    private static bool StandsForItself(int b) => b is (>= 33 and <= 126) or (>= 161 and <= 172) or (>= 174 and <= 255);

    private static char[] MakeChars()
    {
        char[] chars = new char[256];
        int next = Others;
        for (int b = 0; b < chars.Length; b++)
            chars[b] = StandsForItself(b) ? (char)b : (char)next++;
        return chars;
    }
}
