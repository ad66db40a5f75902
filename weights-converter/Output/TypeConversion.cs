using System.Runtime.InteropServices;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.WeightsConverter.Checkpoints;
using Hummingbird.Vulkan.WeightsConverter.Detection;

namespace Hummingbird.Vulkan.WeightsConverter.Output;

/// <summary>Writes a tensor's values in the type asked for, a piece at a time.</summary>
internal static class TypeConversion
{
    private const int Piece = 1 << 18;

    /// <summary>The type a tensor is written in: real numbers in the one asked for, all else as it is.</summary>
    public static WeightType TargetOf(SourceTensor tensor, WeightType? wanted) =>
        wanted is { } type && tensor.Type is WeightType.F16 or WeightType.BF16 or WeightType.F32 or WeightType.F64 ? type : tensor.Type;

    /// <exception cref="WeightException">A value is finite, but not in the type asked for.</exception>
    public static void Write(SourceTensor tensor, WeightType target, string file, Stream output, Action<int> onBytes, CancellationToken cancellation)
    {
        byte[] buffer = new byte[Math.Min(Piece, tensor.ElementCount) * Math.Max(tensor.Type.SizeInBytes(), target.SizeInBytes())];
        float[] floats = tensor.Type == target ? [] : new float[Math.Min(Piece, tensor.ElementCount)];
        for (long first = 0; first < tensor.ElementCount; first += Piece)
        {
            cancellation.ThrowIfCancellationRequested();
            int count = (int)Math.Min(Piece, tensor.ElementCount - first);
            Span<byte> bytes = buffer.AsSpan(0, count * target.SizeInBytes());
            if (tensor.Type == target)
            {
                tensor.Read(bytes, first);
            }
            else
            {
                FloatReader.Read(tensor, floats.AsSpan(0, count), first);
                Narrow(floats.AsSpan(0, count), target, bytes, tensor.Name, file);
            }

            output.Write(bytes);
            onBytes(bytes.Length);
        }
    }

    private static void Narrow(ReadOnlySpan<float> values, WeightType target, Span<byte> destination, string name, string file)
    {
        switch (target)
        {
            case WeightType.F32:
                MemoryMarshal.AsBytes(values).CopyTo(destination);
                break;
            case WeightType.F16:
                Span<Half> halves = MemoryMarshal.Cast<byte, Half>(destination);
                for (int i = 0; i < values.Length; i++)
                {
                    halves[i] = (Half)values[i];
                    if (Half.IsInfinity(halves[i]) && float.IsFinite(values[i]))
                        throw Overflow(name, file, values[i], "fp16, whose largest value is 65504; use --dtype bf16 or fp32");
                }

                break;
            case WeightType.BF16:
                Span<ushort> brains = MemoryMarshal.Cast<byte, ushort>(destination);
                for (int i = 0; i < values.Length; i++)
                {
                    brains[i] = ToBFloat16(values[i]);
                    if ((brains[i] & 0x7FFF) == 0x7F80 && float.IsFinite(values[i]))
                        throw Overflow(name, file, values[i], "bf16; use --dtype fp32");
                }

                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(target), target, "Weights are written as fp16, bf16 or fp32.");
        }
    }

    private static WeightException Overflow(string name, string file, float value, string type) =>
        WeightException.In(file, $"tensor {Quote.Name(name)} holds {value:g6}, which does not fit {type}.");

    /// <summary>Round to nearest even; a NaN stays one.</summary>
    private static ushort ToBFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)((bits >> 16) | 0x40) : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}
