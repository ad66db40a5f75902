using System.Runtime.InteropServices;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Graph;

/// <summary>Between the host's fp32 and the storage types of device memory.</summary>
internal static class TensorTransfer
{
    public static void Encode(ReadOnlySpan<float> values, Span<byte> target, DType type)
    {
        switch (type)
        {
            case DType.F32:
                MemoryMarshal.AsBytes(values).CopyTo(target);
                break;
            case DType.F16:
                Span<Half> halves = MemoryMarshal.Cast<byte, Half>(target);
                for (int i = 0; i < values.Length; i++)
                {
                    halves[i] = (Half)values[i];
                }

                break;
            case DType.I32:
                Span<int> integers = MemoryMarshal.Cast<byte, int>(target);
                for (int i = 0; i < values.Length; i++)
                {
                    integers[i] = (int)values[i];
                }

                break;
            default:
                throw new NotSupportedException($"The host writes no {type.Name()} values.");
        }
    }

    public static void Decode(ReadOnlySpan<byte> source, Span<float> values, DType type)
    {
        switch (type)
        {
            case DType.F32:
                source[..(values.Length * 4)].CopyTo(MemoryMarshal.AsBytes(values));
                break;
            case DType.F16:
                ReadOnlySpan<Half> halves = MemoryMarshal.Cast<byte, Half>(source);
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = (float)halves[i];
                }

                break;
            case DType.I32:
                ReadOnlySpan<int> integers = MemoryMarshal.Cast<byte, int>(source);
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = integers[i];
                }

                break;
            default:
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = source[i];
                }

                break;
        }
    }
}
