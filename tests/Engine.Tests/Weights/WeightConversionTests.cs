using Hummingbird.Vulkan.Engine.Weights;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Weights;

public sealed class WeightConversionTests
{
    /// <summary>Every half, the floats next to it, half-way to the next half and what lies beside that; and plain sweeps of all exponents.</summary>
    private static float[] Values()
    {
        var values = new List<float> { float.NaN, -float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, float.Epsilon, 65519.996f, 65520f, -65520f, 65535f, 65536f };
        for (int bits = 0; bits <= ushort.MaxValue; bits++)
        {
            float value = (float)BitConverter.UInt16BitsToHalf((ushort)bits), next = (float)BitConverter.UInt16BitsToHalf((ushort)(bits + 1));
            float middle = (value + next) / 2;
            values.AddRange([value, MathF.BitIncrement(value), MathF.BitDecrement(value), middle, MathF.BitIncrement(middle), MathF.BitDecrement(middle)]);
        }

        for (uint bits = 0; bits < uint.MaxValue - 99_991; bits += 99_991)
            values.Add(BitConverter.UInt32BitsToSingle(bits));
        return [.. values, 1f, 2f, 3f];
    }

    [Fact]
    public void Floats_become_halves_as_a_cast_makes_them()
    {
        float[] values = Values();
        Half[] found = new Half[values.Length];
        WeightConversion.FloatsToHalves(values, found);
        for (int i = 0; i < values.Length; i++)
            Assert.True(BitConverter.HalfToUInt16Bits((Half)values[i]) == BitConverter.HalfToUInt16Bits(found[i]), $"{values[i]:R} gave {BitConverter.HalfToUInt16Bits(found[i]):x4}");
    }

    [Fact]
    public void Floats_become_bfloat16s_by_rounding_to_even()
    {
        float[] values = Values();
        ushort[] found = new ushort[values.Length];
        WeightConversion.FloatsToBFloat16s(values, found);
        for (int i = 0; i < values.Length; i++)
        {
            uint bits = BitConverter.SingleToUInt32Bits(values[i]), kept = bits >> 16, rest = bits & 0xFFFF;
            bool isUp = rest > 0x8000 || (rest == 0x8000 && kept % 2 == 1);
            bool isRight = float.IsNaN(values[i]) ? float.IsNaN(BitConverter.UInt32BitsToSingle((uint)found[i] << 16)) : found[i] == (ushort)(kept + (isUp ? 1u : 0u));
            Assert.True(isRight, $"{values[i]:R} gave {found[i]:x4}");
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(18)]
    [InlineData(-1)]
    public void The_first_value_too_large_is_found(int at)
    {
        float[] values = new float[19];
        Array.Fill(values, 65519f);
        values[3] = float.PositiveInfinity;
        values[12] = float.NaN;
        if (at >= 0)
            values[at] = -65520f;
        Assert.Equal(at, WeightConversion.FirstFinite(values, 65520f));
    }
}
