using System.Runtime.InteropServices;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.WeightsConverter.Checkpoints;
using Hummingbird.Vulkan.WeightsConverter.Detection;

namespace Hummingbird.Vulkan.WeightsConverter.Output;

/// <summary>Writes a tensor's values in the type asked for, a piece at a time.</summary>
internal static class TypeConversion
{
    private const int Piece = 1 << 18;

    // The smallest values that round to infinity.
    private const float FirstBeyondHalf = 65520f;
    private static readonly float FirstBeyondBFloat16 = BitConverter.UInt32BitsToSingle(0x7F7F8000);

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
                bool narrowsTwice = tensor.Type == WeightType.F64 && target != WeightType.F32;
                if (narrowsTwice)
                    ReadForNarrowing(tensor, floats.AsSpan(0, count), first);
                else
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
                values.CopyTo(MemoryMarshal.Cast<byte, float>(destination));
                break;
            case WeightType.F16:
                Check(values, FirstBeyondHalf, name, file, "fp16, whose largest value is 65504; use --dtype bf16 or fp32");
                WeightConversion.FloatsToHalves(values, MemoryMarshal.Cast<byte, Half>(destination));
                break;
            case WeightType.BF16:
                Check(values, FirstBeyondBFloat16, name, file, "bf16; use --dtype fp32");
                WeightConversion.FloatsToBFloat16s(values, MemoryMarshal.Cast<byte, ushort>(destination));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(target), target, "Weights are written as fp16, bf16 or fp32.");
        }
    }

    /// <summary>fp64 as fp32 rounded to odd: what is rounded to nearest from that comes out as if it had been rounded once.</summary>
    private static void ReadForNarrowing(SourceTensor tensor, Span<float> destination, long first)
    {
        double[] values = new double[destination.Length];
        tensor.Read(MemoryMarshal.AsBytes(values.AsSpan()), first);
        for (int i = 0; i < values.Length; i++)
        {
            float nearest = (float)values[i];
            bool isExact = nearest == values[i] || double.IsNaN(values[i]);
            uint towardsZero = BitConverter.SingleToUInt32Bits(nearest) - (Math.Abs((double)nearest) > Math.Abs(values[i]) ? 1u : 0u);
            destination[i] = isExact ? nearest : BitConverter.UInt32BitsToSingle(towardsZero | 1);
        }
    }

    private static void Check(ReadOnlySpan<float> values, float limit, string name, string file, string type)
    {
        int found = WeightConversion.FirstFinite(values, limit);
        if (found >= 0)
            throw WeightException.In(file, $"tensor {Quote.Name(name)} holds {values[found]:g6}, which does not fit {type}.");
    }
}
