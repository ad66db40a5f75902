using System.Buffers;
using Hummingbird.Vulkan.Engine.Memory;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Graph;

/// <summary>Reads a weight, packs it as its kernel asks, and puts it into device memory: in place where that is mapped.</summary>
internal static class WeightUpload
{
    public static ArenaSlice Upload(Arena arena, Value value, WeightPacking? packing)
    {
        long size = packing?.SizeInBytes ?? value.Spec.SizeInBytes;
        ArenaSlice slice = arena.Allocate(size);
        if (slice.Buffer.IsMapped)
        {
            Fill(slice.Map(), value, packing);
            return slice;
        }

        byte[] staged = ArrayPool<byte>.Shared.Rent(checked((int)size));
        Fill(staged.AsSpan(0, (int)size), value, packing);
        slice.Upload(staged.AsSpan(0, (int)size));
        ArrayPool<byte>.Shared.Return(staged);
        return slice;
    }

    private static void Fill(Span<byte> target, Value value, WeightPacking? packing)
    {
        WeightRecipe recipe = value.Weight!;
        if (packing is null)
        {
            TensorTransfer.Encode(recipe.ReadCanonical(), target, value.Spec.DType);
        }
        else if (recipe.IsHalf)
        {
            packing.Pack(recipe.ReadCanonicalHalves(), target);
        }
        else
        {
            packing.Pack(recipe.ReadCanonical(), target);
        }
    }
}
