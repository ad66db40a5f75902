using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Hummingbird.Vulkan.Engine.Memory;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Graph;

/// <summary>Reads weights, packs them as their kernels ask, and puts them into device memory: in place where that is mapped.</summary>
/// <remarks>Three buffers are reused for all of them, so that loading takes no more host memory than the largest weight asks for.
/// One thread at a time.</remarks>
/// <param name="prepared">Weights that are packed already; null for none.</param>
internal sealed class WeightReader(PackedWeights? prepared = null)
{
    private byte[] read = [], canonical = [], packed = [];

    /// <param name="target">Exactly as large as the packed weight.</param>
    public void Load(ArenaSlice target, Value value, WeightPacking? packing)
    {
        if (target.Buffer.IsMapped)
        {
            Fill(target.Map(), value, packing);
            return;
        }

        Span<byte> staged = Room(ref packed, checked((int)target.SizeInBytes));
        Fill(staged, value, packing);
        target.Upload(staged);
    }

    /// <summary>A packed weight in memory.</summary>
    public byte[] Pack(Value value, WeightPacking packing)
    {
        byte[] bytes = new byte[packing.SizeInBytes];
        Fill(bytes, value, packing);
        return bytes;
    }

    private void Fill(Span<byte> target, Value value, WeightPacking? packing)
    {
        WeightRecipe recipe = value.Weight!;
        if (packing is not null && prepared?.TryRead(recipe, packing, target) == true)
        {
            return;
        }

        if (packing is null)
        {
            TensorTransfer.Encode(Canonical<float>(recipe, (tensor, values) => tensor.ReadFloats(values)), target, value.Spec.DType);
        }
        else if (recipe.IsHalf)
        {
            packing.Pack(Canonical<Half>(recipe, (tensor, values) => tensor.ReadHalves(values)), target);
        }
        else
        {
            packing.Pack(Canonical<float>(recipe, (tensor, values) => tensor.ReadFloats(values)), target);
        }
    }

    /// <summary>Rows of [taps, C], parts behind each other.</summary>
    private ReadOnlySpan<T> Canonical<T>(WeightRecipe recipe, ReadTensor<T> readTensor)
        where T : unmanaged
    {
        Span<T> all = Room<T>(ref canonical, checked((int)recipe.Parts.Sum(p => p.ElementCount)));
        int start = 0;
        foreach (WeightTensor tensor in recipe.Parts)
        {
            Span<T> part = all.Slice(start, (int)tensor.ElementCount);
            if (recipe.IsConvolution && tensor.Shape.Length > 2)
            {
                Span<T> inFile = Room<T>(ref read, part.Length);
                readTensor(tensor, inFile);
                WeightRecipe.TapsBeforeChannels(inFile, part, tensor.Shape[0], tensor.Shape[1]);
            }
            else
            {
                readTensor(tensor, part);
            }

            start += part.Length;
        }

        return all;
    }

    private static Span<T> Room<T>(ref byte[] buffer, int count)
        where T : unmanaged
        => MemoryMarshal.Cast<byte, T>(Room(ref buffer, checked(count * Unsafe.SizeOf<T>())));

    private static Span<byte> Room(ref byte[] buffer, int bytes)
    {
        if (buffer.Length < bytes)
        {
            buffer = [];
            buffer = GC.AllocateUninitializedArray<byte>(bytes);
        }

        return buffer.AsSpan(0, bytes);
    }

    private delegate void ReadTensor<T>(WeightTensor tensor, Span<T> values);
}
