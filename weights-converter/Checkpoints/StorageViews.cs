using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.WeightsConverter.Pickle;

namespace Hummingbird.Vulkan.WeightsConverter.Checkpoints;

/// <summary>From the tensors a pickle describes to tensors that can be read: every window must lie within its storage.</summary>
internal sealed class StorageViews(CheckpointBytes file, Func<StorageReference, long> beginOf)
{
    // A view may repeat elements (expand); one that makes much of little is a bomb.
    private const long MostRepeated = 1 << 20;

    public SourceTensor Open(string name, TensorReference tensor)
    {
        long begin = beginOf(tensor.Storage);
        UInt128 elements = 1, last = (UInt128)tensor.Offset;
        bool isEmpty = tensor.Shape.Contains(0);
        for (int d = 0; d < tensor.Shape.Length; d++)
        {
            (long dimension, long stride) = (tensor.Shape[d], tensor.Strides[d]);
            elements *= (UInt128)Math.Max(dimension, 1);
            last += (UInt128)Math.Max(dimension - 1, 0) * (UInt128)stride;
            if (elements > long.MaxValue || last > long.MaxValue)
                throw file.Bad($"tensor {Quote.Name(name)} has shape {Quote.Shape(tensor.Shape.AsSpan())} and strides {Quote.Shape(tensor.Strides.AsSpan())}, which do not fit in 63 bits");
        }

        long stored = tensor.Storage.SizeInBytes / tensor.Type.SizeInBytes();
        bool lies = isEmpty ? tensor.Offset <= stored : last < (UInt128)stored;
        if (!lies)
            throw file.Bad($"tensor {Quote.Name(name)} reaches to element {last} of storage {Quote.Name(tensor.Storage.Key)}, which has {stored}");
        if (!isEmpty && elements > (UInt128)stored && elements > MostRepeated)
            throw file.Bad($"tensor {Quote.Name(name)} makes {elements} elements of a storage of {stored}; at most {MostRepeated} may be repeated");
        return new StorageTensor(file, name, tensor.Type, tensor.Shape, begin, tensor.Offset, tensor.Strides);
    }
}
