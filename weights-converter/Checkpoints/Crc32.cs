namespace Hummingbird.Vulkan.WeightsConverter.Checkpoints;

/// <summary>The CRC-32 of zip archives (reflected polynomial 0xEDB88320), eight bytes a step.</summary>
internal static class Crc32
{
    private const int Lanes = 8;
    private static readonly uint[] Table = MakeTable();

    /// <summary>Continues a checksum; start with 0.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        uint c = ~crc;
        uint[] t = Table;
        while (bytes.Length >= Lanes)
        {
            uint low = c ^ BitConverter.ToUInt32(bytes), high = BitConverter.ToUInt32(bytes[4..]);
            c = t[0x700 | (byte)low] ^ t[0x600 | (byte)(low >> 8)] ^ t[0x500 | (byte)(low >> 16)] ^ t[0x400 | (low >> 24)]
                ^ t[0x300 | (byte)high] ^ t[0x200 | (byte)(high >> 8)] ^ t[0x100 | (byte)(high >> 16)] ^ t[high >> 24];
            bytes = bytes[Lanes..];
        }

        foreach (byte b in bytes)
            c = (c >> 8) ^ t[(byte)(c ^ b)];
        return ~c;
    }

    /// <summary>Row k holds the effect of a byte that is followed by k zero bytes.</summary>
    private static uint[] MakeTable()
    {
        uint[] table = new uint[Lanes * 256];
        for (uint i = 0; i < 256; i++)
        {
            uint c = i;
            for (int bit = 0; bit < 8; bit++)
                c = (c >> 1) ^ (0xEDB88320 & (0 - (c & 1)));
            table[i] = c;
        }

        for (int i = 256; i < table.Length; i++)
            table[i] = (table[i - 256] >> 8) ^ table[(byte)table[i - 256]];
        return table;
    }
}
