namespace Hummingbird.Vulkan.Engine.Random;

/// <summary>torch's CPU random generator: the same seed gives the values of <c>torch.randn</c>, fp32, bit for bit.</summary>
/// <remarks>Equal to torch on x86 with AVX2, call after call. From 16 values on torch draws 24-bit uniforms and transforms blocks of
/// 16 (Box-Muller) in fp32; fewer values take a scalar path in fp64 that keeps its second value for later. Not thread-safe.</remarks>
public sealed class TorchGenerator
{
    private const int BlockSize = 16;
    private const int HalfBlock = BlockSize / 2;

    private readonly MersenneTwister engine;
    private double? spare;

    /// <summary>As <c>torch.manual_seed(seed)</c>; the engine itself looks at the low 32 bits only.</summary>
    public TorchGenerator(long seed)
    {
        Seed = seed;
        engine = new MersenneTwister(unchecked((uint)seed));
    }

    public long Seed { get; }

    /// <summary>As <c>torch.randn(count)</c>.</summary>
    public float[] Randn(int count)
    {
        float[] values = new float[count];
        Fill(values);
        return values;
    }

    /// <summary>As <c>torch.randn</c> of that many elements: standard normal values in memory order.</summary>
    public void Fill(Span<float> values)
    {
        if (values.Length < BlockSize)
        {
            foreach (ref float value in values)
                value = (float)NextNormal();
            return;
        }

        foreach (ref float value in values)
            value = NextUniform();
        for (int i = 0; i <= values.Length - BlockSize; i += BlockSize)
            BoxMuller(values.Slice(i, BlockSize));
        if (values.Length % BlockSize == 0)
            return;

        // A ragged end is not transformed from where it lies: the last 16 values are all drawn anew.
        Span<float> last = values[^BlockSize..];
        foreach (ref float value in last)
            value = NextUniform();
        BoxMuller(last);
    }

    private static void BoxMuller(Span<float> block)
    {
        for (int j = 0; j < HalfBlock; j++)
        {
            float radius = MathF.Sqrt(-2f * Float32Math.Log(1f - block[j]));
            (float sin, float cos) = Float32Math.SinCos(2f * MathF.PI * block[j + HalfBlock]);
            block[j] = radius * cos;
            block[j + HalfBlock] = radius * sin;
        }
    }

    private float NextUniform() => (engine.NextUInt32() & 0xFFFFFF) * (1f / (1 << 24));

    private double NextUniform64()
    {
        ulong bits = ((ulong)engine.NextUInt32() << 32) | engine.NextUInt32();
        return (bits & ((1UL << 53) - 1)) * (1.0 / (1UL << 53));
    }

    private double NextNormal()
    {
        if (spare is { } kept)
        {
            spare = null;
            return kept;
        }

        double u1 = NextUniform64();
        double radius = Math.Sqrt(-2 * LogOnePlus(-NextUniform64()));
        (double sin, double cos) = Math.SinCos(2 * Math.PI * u1);
        spare = radius * sin;
        return radius * cos;
    }

    /// <summary>ln(1 + x), accurate near zero (Kahan's correction of the rounding of 1 + x).</summary>
    private static double LogOnePlus(double x)
    {
        double y = 1 + x;
        return y == 1 ? x : Math.Log(y) * (x / (y - 1));
    }
}
