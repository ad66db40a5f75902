using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Hummingbird.Vulkan.Kernels;
using Hummingbird.Vulkan.Kernels.Cases;

namespace Hummingbird.Vulkan.Bench.Kernels;

/// <summary>The operands of a row in host memory, drawn by its id: near normal values, rounded to their storage type.</summary>
/// <remarks>A sum of four uniform values stands for a normal one: big rows have a hundred million values, and drawing them as the
/// conformance suite does would take longer than measuring.</remarks>
internal static class Operands
{
    public static HostTensor?[] Draw(BenchRow row)
    {
        if (row.Set == BenchSets.Goals)
        {
            return Yardsticks.Draw(row);
        }

        TensorSpec[] specs = row.Case.Specs();
        return [.. row.Case.Inputs.Select((input, i) => input.Kind == InputKind.Absent ? null : Draw(row.Id, input, i, specs[i]))];
    }

    private static HostTensor Draw(string id, CaseInput input, int index, TensorSpec spec)
    {
        float[] data = new float[checked((int)(spec.Shape.Rows * spec.RowStride))];
        ulong seed = MemoryMarshal.Read<ulong>(SHA256.HashData(Encoding.UTF8.GetBytes($"{id} {index}")));
        float scale = input.Kind == InputKind.Weight ? input.Scale / MathF.Sqrt(input.Shape.Count / input.Shape[0]) : input.Scale;
        bool isHalf = spec.DType == DType.F16;
        Parallel.For(0, data.Length, i =>
        {
            ulong bits = Mix(seed + ((ulong)i * 0x9E37_79B9_7F4A_7C15));
            if (input.Kind == InputKind.Ids)
            {
                data[i] = bits % (ulong)input.Limit;
                return;
            }

            float value = (Normal(bits) * scale) + input.Mean;
            data[i] = isHalf ? (float)(Half)value : value;
        });
        for (int i = 0; i < input.NonFinite; i++)
        {
            data[(int)((long)i * data.Length / input.NonFinite)] = float.NaN;
        }

        return new(spec.Shape, data, 0, spec.RowStride);
    }

    /// <summary>Four uniform values of 16 bits, of variance 1/12 each.</summary>
    private static float Normal(ulong bits)
    {
        float sum = (ushort)bits + (ushort)(bits >> 16) + (ushort)(bits >> 32) + (float)(ushort)(bits >> 48);
        return ((sum / 65_535) - 2) * 1.7320508f;
    }

    /// <remarks>The finaliser of SplitMix64.</remarks>
    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58_476D_1CE4_E5B9;
        value = (value ^ (value >> 27)) * 0x94D0_49BB_1331_11EB;
        return value ^ (value >> 31);
    }
}
