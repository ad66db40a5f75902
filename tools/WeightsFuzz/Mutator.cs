using System.Buffers.Binary;

namespace Hummingbird.Vulkan.WeightsFuzz;

/// <summary>Seeded mutations of byte strings: flips, special numbers, cuts, copies, splices.</summary>
internal sealed class Mutator(ulong seed)
{
    private static readonly long[] Special = [0, 1, -1, 127, 128, 255, 256, 65535, 65536, int.MaxValue, int.MinValue, uint.MaxValue, long.MaxValue, long.MinValue, 1L << 62];

    private ulong state = seed;

    public byte[] Mutate(byte[][] seeds)
    {
        byte[] bytes = [.. seeds[Next(seeds.Length)]];
        int times = 1 + Next(4);
        for (int i = 0; i < times && bytes.Length > 0; i++)
            bytes = Once(bytes, seeds);
        return bytes;
    }

    private byte[] Once(byte[] bytes, byte[][] seeds)
    {
        int at = Next(bytes.Length);
        switch (Next(7))
        {
            case 0:
                bytes[at] ^= (byte)(1 << Next(8));
                return bytes;
            case 1:
                bytes[at] = (byte)Next(256);
                return bytes;
            case 2:
                Span<byte> number = stackalloc byte[8];
                BinaryPrimitives.WriteInt64LittleEndian(number, Special[Next(Special.Length)]);
                number[..Math.Min(1 << Next(4), bytes.Length - at)].CopyTo(bytes.AsSpan(at));
                return bytes;
            case 3:
                return bytes[..at];
            case 4:
                int end = Math.Min(bytes.Length, at + Next(64));
                return [.. bytes[..at], .. bytes[end..]];
            case 5:
                int copied = Math.Min(bytes.Length, at + Next(64));
                return [.. bytes[..copied], .. bytes[at..]];
            default:
                byte[] other = seeds[Next(seeds.Length)];
                return [.. bytes[..at], .. other[Next(other.Length)..]];
        }
    }

    /// <summary>SplitMix64 (Steele, Lea and Flood 2014).</summary>
    private int Next(int below)
    {
        ulong z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return (int)((z ^ (z >> 31)) % (ulong)below);
    }
}
