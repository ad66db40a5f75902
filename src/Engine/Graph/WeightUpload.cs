using System.Buffers;
using Hummingbird.Vulkan.Engine.Memory;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Graph;

/// <summary>Reads a weight, packs it as its kernel asks, and puts it into device memory: in place where that is mapped.</summary>
internal static class WeightUpload
{
    public static ArenaSlice Upload(Arena arena, Value value, WeightPacking? packing)
    {
        float[] canonical = value.Weight!.ReadCanonical();
        long size = packing?.SizeInBytes ?? value.Spec.SizeInBytes;
        ArenaSlice slice = arena.Allocate(size);
        void Fill(Span<byte> target)
        {
            if (packing is null)
            {
                TensorTransfer.Encode(canonical, target, value.Spec.DType);
            }
            else
            {
                packing.Pack(canonical, target);
            }
        }

        if (slice.Buffer.IsMapped)
        {
            Fill(slice.Map());
            return slice;
        }

        byte[] staged = ArrayPool<byte>.Shared.Rent(checked((int)size));
        Fill(staged.AsSpan(0, (int)size));
        slice.Upload(staged.AsSpan(0, (int)size));
        ArrayPool<byte>.Shared.Return(staged);
        return slice;
    }
}
