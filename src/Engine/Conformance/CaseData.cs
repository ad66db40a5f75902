using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Random;
using Hummingbird.Vulkan.Kernels;
using Hummingbird.Vulkan.Kernels.Cases;

namespace Hummingbird.Vulkan.Engine.Conformance;

/// <summary>The operands of a case, the same on every machine, and what the reference makes of them.</summary>
/// <remarks>Values are drawn by the case's id and rounded to their storage type before either side sees them. What lies between the
/// rows of a column slice is NaN: whoever reads it shows it.</remarks>
public sealed class CaseData
{
    // Slices start where the engine's do: at whole vectors, so that vector loads stay aligned.
    private const int SliceAlignment = 8;

    private CaseData(ConformanceCase row)
    {
        Case = row;
        Specs = row.Specs();
        Inputs = [.. row.Inputs.Select((input, index) => Draw(row, input, index, Specs[index].DType))];
        Output = new TensorSpec(row.Kernel.Infer(Specs), row.Kernel.OutputType(Specs));
        Expected = new HostTensor(Output.Shape);
        row.Kernel.Reference(Inputs, Expected);
    }

    public ConformanceCase Case { get; }

    public TensorSpec Output { get; }

    internal TensorSpec[] Specs { get; }

    internal HostTensor?[] Inputs { get; }

    internal HostTensor Expected { get; }

    /// <summary>Draws the inputs and runs the reference.</summary>
    public static CaseData Make(ConformanceCase row) => new(row);

    /// <summary>Where an input starts within <see cref="Encode"/>'s bytes: more than 0 for column slices.</summary>
    internal long OffsetInBytes(int index) => Inputs[index] is { } values ? (long)values.Offset * Specs[index].DType.Size() : 0;

    /// <summary>The bytes of input <paramref name="index"/> as device memory holds them.</summary>
    internal byte[] Encode(int index, KernelTarget target)
    {
        HostTensor values = Inputs[index]!;
        WeightPacking? packing = Case.Inputs[index].Kind == InputKind.Weight ? Case.Kernel.Packing(index, Specs, target) : null;
        byte[] bytes = new byte[packing?.SizeInBytes ?? (long)values.Data.Length * Specs[index].DType.Size()];
        if (packing is not null)
        {
            packing.Pack(values.Data, bytes);
        }
        else
        {
            TensorTransfer.Encode(values.Data, bytes, Specs[index].DType);
        }

        return bytes;
    }

    private static HostTensor? Draw(ConformanceCase row, CaseInput input, int index, DType type)
    {
        if (input.Kind == InputKind.Absent)
        {
            return null;
        }

        (Shape shape, int stride) = (input.Shape, input.Shape.Channels + input.PaddingColumns);
        int start = Math.Min(index * shape.Channels, input.PaddingColumns) / SliceAlignment * SliceAlignment;
        float[] data = new float[shape.Rows * stride];
        Array.Fill(data, float.NaN);
        HostTensor tensor = new(shape, data, start, stride);
        float[] values = Values(Seed(row.Id, index), input, checked((int)shape.Count));
        for (long i = 0; i < shape.Rows; i++)
        {
            Span<float> target = tensor.Row(i);
            values.AsSpan((int)(i * shape.Channels), shape.Channels).CopyTo(target);
            Round(target, type);
        }

        return tensor;
    }

    private static float[] Values(long seed, CaseInput input, int count)
    {
        float[] values = new TorchGenerator(seed).Randn(count);
        float scale = input.Kind == InputKind.Weight ? input.Scale / MathF.Sqrt(input.Shape.Count / input.Shape[0]) : input.Scale;
        for (int i = 0; i < count; i++)
        {
            values[i] = input.Kind == InputKind.Ids
                ? BitConverter.SingleToUInt32Bits(values[i]) % (uint)input.Limit
                : (values[i] * scale) + input.Mean;
        }

        ReadOnlySpan<float> nonFinite = [float.NaN, float.PositiveInfinity, float.NegativeInfinity];
        for (int i = 0; i < input.NonFinite; i++)
        {
            values[(int)((long)i * count / input.NonFinite)] = nonFinite[i % nonFinite.Length];
        }

        return values;
    }

    private static void Round(Span<float> values, DType type)
    {
        if (type == DType.F16)
        {
            foreach (ref float value in values)
            {
                value = (float)(Half)value;
            }
        }
    }

    private static long Seed(string id, int index)
        => MemoryMarshal.Read<long>(SHA256.HashData(Encoding.UTF8.GetBytes($"{id} {index}")));
}
