namespace Hummingbird.Vulkan.Engine.Random;

/// <summary>MT19937: 32 random bits a call, period 2^19937 - 1.</summary>
/// <remarks>Matsumoto and Nishimura, "Mersenne Twister", ACM TOMACS 8 (1998), with the 2002 initialisation (init_genrand).</remarks>
internal sealed class MersenneTwister
{
    private const int Size = 624;
    private const int Middle = 397;
    private const uint Matrix = 0x9908B0DF;
    private const uint UpperBit = 0x80000000;

    private readonly uint[] state = new uint[Size];
    private int next = Size;

    public MersenneTwister(uint seed)
    {
        state[0] = seed;
        for (uint i = 1; i < Size; i++)
            state[i] = (1812433253 * (state[i - 1] ^ (state[i - 1] >> 30))) + i;
    }

    public uint NextUInt32()
    {
        if (next == Size)
            Twist();
        uint y = state[next++];
        y ^= y >> 11;
        y ^= (y << 7) & 0x9D2C5680;
        y ^= (y << 15) & 0xEFC60000;
        return y ^ (y >> 18);
    }

    private void Twist()
    {
        for (int i = 0; i < Size; i++)
        {
            uint y = (state[i] & UpperBit) | (state[(i + 1) % Size] & ~UpperBit);
            state[i] = state[(i + Middle) % Size] ^ (y >> 1) ^ ((y & 1) * Matrix);
        }

        next = 0;
    }
}
