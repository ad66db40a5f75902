using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Vectors;
using Xunit;

namespace Hummingbird.Vulkan.Gpu.Tests;

/// <summary>MagicVideo on the device against PyTorch, in fp32 and in fp16 storage.</summary>
public sealed class MagicVideoTests : DeviceTestBase
{
    public static TheoryData<string> Parts => ["layers", "keyframes", "interpolation", "upscaling", "vae", "windows", "trajectory", "cascade"];

    [Theory]
    [MemberData(nameof(Parts))]
    public void Vectors_match(string part)
    {
        Func<IGraphBackend, StorageTypes, IEnumerable<(string Name, Difference Difference)>> compare = part switch
        {
            "layers" => MagicVectors.Layers,
            "keyframes" => MagicVectors.KeyframeUNet,
            "interpolation" => MagicVectors.InterpolationUNet,
            "upscaling" => MagicVectors.UpscalingUNet,
            "vae" => MagicVectors.VideoVaeTiny,
            "windows" => MagicCascadeVectors.Windows,
            "trajectory" => MagicCascadeVectors.Trajectory,
            _ => MagicCascadeVectors.Cascade,
        };
        using GpuDevice device = Open();
        GpuBackend backend = new(device);
        Limits.Check(compare(backend, StorageTypes.Single), part == "layers" ? Limits.Block : Limits.Network);
        Limits.Check(compare(backend, StorageTypes.Half), Limits.Half);
    }
}
