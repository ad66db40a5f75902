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
            default:
                float[] floats = new float[destination.Length];
                ToFloats(type, source, floats);
                for (int i = 0; i < floats.Length; i++)
                    destination[i] = (Half)floats[i];
                break;
        }
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
