using System.Runtime.InteropServices;

namespace Hummingbird.Vulkan.Engine.Weights;

/// <summary>Element-wise conversion of stored values to fp32 and fp16.</summary>
internal static class WeightConversion
{
    public static void ToFloats(WeightType type, ReadOnlySpan<byte> source, Span<float> destination)
    {
        switch (type)
        {
            case WeightType.F16: Convert(Cast<Half>(source), destination, static v => (float)v); break;
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

    private static ReadOnlySpan<T> Cast<T>(ReadOnlySpan<byte> source)
        where T : struct => MemoryMarshal.Cast<byte, T>(source);

    private static void Convert<T>(ReadOnlySpan<T> source, Span<float> destination, Func<T, float> convert)
    {
        for (int i = 0; i < destination.Length; i++)
            destination[i] = convert(source[i]);
    }
}
