using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Hummingbird.Vulkan.Engine.Weights;

/// <summary>Element-wise conversion of stored values to fp32 and fp16.</summary>
internal static class WeightConversion
{
    public static void ToFloats(WeightType type, ReadOnlySpan<byte> source, Span<float> destination)
    {
        switch (type)
        {
            case WeightType.F16: HalvesToFloats(Cast<ushort>(source), destination); break;
            case WeightType.BF16: Convert(Cast<ushort>(source), destination, static v => BitConverter.UInt32BitsToSingle((uint)v << 16)); break;
            case WeightType.F32: Cast<float>(source).CopyTo(destination); break;
            case WeightType.F64: Convert(Cast<double>(source), destination, static v => (float)v); break;
            case WeightType.I8: Convert(Cast<sbyte>(source), destination, static v => v); break;
            case WeightType.I16: Convert(Cast<short>(source), destination, static v => v); break;
            case WeightType.I32: Convert(Cast<int>(source), destination, static v => v); break;
            case WeightType.I64: Convert(Cast<long>(source), destination, static v => v); break;
            case WeightType.U8: Convert(source, destination, static v => v); break;
            case WeightType.U16: Convert(Cast<ushort>(source), destination, static v => v); break;
            case WeightType.U32: Convert(Cast<uint>(source), destination, static v => v); break;
            case WeightType.U64: Convert(Cast<ulong>(source), destination, static v => v); break;
            case WeightType.Bool: Convert(source, destination, static v => v == 0 ? 0f : 1f); break;
            default: throw new ArgumentOutOfRangeException(nameof(type), type, "Unknown weight type.");
        }
    }

    public static void ToHalves(WeightType type, ReadOnlySpan<byte> source, Span<Half> destination)
    {
        switch (type)
        {
            case WeightType.F16:
                Cast<Half>(source).CopyTo(destination);
                break;
            // Straight from fp64: rounding to fp32 first would round twice.
            case WeightType.F64:
                ReadOnlySpan<double> values = Cast<double>(source);
                for (int i = 0; i < destination.Length; i++)
                    destination[i] = (Half)values[i];
                break;
            case WeightType.F32:
                FloatsToHalves(Cast<float>(source), destination);
                break;
            default:
                float[] floats = new float[destination.Length];
                ToFloats(type, source, floats);
                FloatsToHalves(floats, destination);
                break;
        }
    }

    /// <summary>Eight at a time, rounded to nearest even, bit for bit what a cast gives.</summary>
    /// <remarks>Normal halves: the exponent is moved and half of the last place added, a little less where the last bit is even. Subnormal
    /// ones: adding 0.5 lets the float adder round at the right place.</remarks>
    public static void FloatsToHalves(ReadOnlySpan<float> source, Span<Half> destination)
    {
        Vector256<uint> magic = Vector256.Create(0x3F000000u);
        Span<ushort> halves = MemoryMarshal.Cast<Half, ushort>(destination);
        int at = 0;
        for (; at <= source.Length - Vector256<float>.Count; at += Vector256<float>.Count)
        {
            Vector256<uint> all = Vector256.Create(source.Slice(at, Vector256<float>.Count)).AsUInt32();
            Vector256<uint> bits = all & Vector256.Create(0x7FFFFFFFu);
            Vector256<uint> normal = (bits + Vector256.Create(0xC8000FFFu) + ((bits >> 13) & Vector256<uint>.One)) >> 13;
            Vector256<uint> small = (bits.AsSingle() + magic.AsSingle()).AsUInt32() - magic;
            Vector256<uint> special = Vector256.ConditionalSelect(Vector256.GreaterThan(bits, Vector256.Create(0x7F800000u)),
                Vector256.Create(0x7E00u) | ((bits >> 13) & Vector256.Create(0x3FFu)), Vector256.Create(0x7C00u));
            Vector256<uint> value = Vector256.ConditionalSelect(Vector256.LessThan(bits, Vector256.Create(0x38800000u)), small, normal);
            value = Vector256.ConditionalSelect(Vector256.GreaterThanOrEqual(bits, Vector256.Create(0x47800000u)), special, value) | ((all ^ bits) >> 16);
            Vector128.Narrow(value.GetLower(), value.GetUpper()).CopyTo(halves[at..]);
        }

        for (; at < source.Length; at++)
            destination[at] = (Half)source[at];
    }

    /// <summary>Eight at a time, rounded to nearest even; a NaN stays one.</summary>
    public static void FloatsToBFloat16s(ReadOnlySpan<float> source, Span<ushort> destination)
    {
        int at = 0;
        for (; at <= source.Length - Vector256<float>.Count; at += Vector256<float>.Count)
        {
            Vector256<float> values = Vector256.Create(source.Slice(at, Vector256<float>.Count));
            Vector256<uint> bits = values.AsUInt32();
            Vector256<uint> rounded = (bits + Vector256.Create(0x7FFFu) + ((bits >> 16) & Vector256<uint>.One)) >> 16;
            Vector256<uint> value = Vector256.ConditionalSelect(Vector256.Equals(values, values).AsUInt32(), rounded, (bits >> 16) | Vector256.Create(0x40u));
            Vector128.Narrow(value.GetLower(), value.GetUpper()).CopyTo(destination[at..]);
        }

        for (; at < source.Length; at++)
        {
            uint bits = BitConverter.SingleToUInt32Bits(source[at]);
            destination[at] = (ushort)(float.IsNaN(source[at]) ? (bits >> 16) | 0x40 : (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
        }
    }

    /// <summary>The first finite value whose magnitude is not below a limit; -1 without one.</summary>
    public static int FirstFinite(ReadOnlySpan<float> values, float limit)
    {
        int at = 0;
        for (; at <= values.Length - Vector256<float>.Count; at += Vector256<float>.Count)
        {
            Vector256<float> magnitude = Vector256.Abs(Vector256.Create(values.Slice(at, Vector256<float>.Count)));
            Vector256<float> found = Vector256.GreaterThanOrEqual(magnitude, Vector256.Create(limit)) & Vector256.LessThan(magnitude, Vector256.Create(float.PositiveInfinity));
            if (found.AsUInt32() != Vector256<uint>.Zero)
                break;
        }

        while (at < values.Length && !(float.IsFinite(values[at]) && MathF.Abs(values[at]) >= limit))
            at++;
        return at < values.Length ? at : -1;
    }

    /// <summary>Eight halves at a time: the bits, moved into a float's place, are that value times 2^-112; a product puts it right.</summary>
    /// <remarks>Exact, subnormals included. What comes out at 65,536 or above was infinite or NaN and gets a float's full exponent.</remarks>
    private static void HalvesToFloats(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        Vector256<float> scale = Vector256.Create(BitConverter.Int32BitsToSingle((127 + 112) << 23));
        int at = 0;
        for (; at <= source.Length - Vector256<float>.Count; at += Vector256<float>.Count)
        {
            Vector128<ushort> halves = Vector128.Create(source.Slice(at, Vector256<float>.Count));
            (Vector128<uint> low, Vector128<uint> high) = Vector128.Widen(halves);
            Vector256<uint> bits = Vector256.Create(low, high);
            Vector256<uint> sign = (bits & Vector256.Create(0x8000u)) << 16;
            Vector256<float> value = ((bits & Vector256.Create(0x7FFFu)) << 13).AsSingle() * scale;
            Vector256<uint> special = Vector256.GreaterThanOrEqual(value, Vector256.Create(65536f)).AsUInt32() & Vector256.Create(0x7F800000u);
            (value.AsUInt32() | special | sign).AsSingle().CopyTo(destination[at..]);
        }

        for (; at < source.Length; at++)
            destination[at] = (float)BitConverter.UInt16BitsToHalf(source[at]);
    }

    private static ReadOnlySpan<T> Cast<T>(ReadOnlySpan<byte> source)
        where T : struct => MemoryMarshal.Cast<byte, T>(source);

    private static void Convert<T>(ReadOnlySpan<T> source, Span<float> destination, Func<T, float> convert)
    {
        for (int i = 0; i < destination.Length; i++)
            destination[i] = convert(source[i]);
    }
}
