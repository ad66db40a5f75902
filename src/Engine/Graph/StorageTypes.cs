using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Graph;

/// <param name="Activations">F32 or F16.</param>
/// <param name="Weights">F32 or F16; fp16 files stay fp16 even with F32, which loses nothing.</param>
public readonly record struct StorageTypes(DType Activations, DType Weights)
{
    public static StorageTypes Single => new(DType.F32, DType.F32);

    public static StorageTypes Half => new(DType.F16, DType.F16);
}
