using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Graph;

/// <summary>Where to compute: a Vulkan device, or the reference on the CPU.</summary>
/// <param name="IsReference">Plain loops on the CPU, in fp32: slow and exact.</param>
/// <param name="Options">For a Vulkan device.</param>
public sealed record DeviceChoice(bool IsReference, DeviceOptions Options)
{
    /// <summary>What the video is made with again: fp16 or fp32, or auto where the device mixed them.</summary>
    public string PrecisionOf(StorageTypes storage) => Options.Precision switch
    {
        Precision.Fp16 => "fp16",
        Precision.Fp32 => "fp32",
        _ when storage.Activations != storage.Weights => "auto",
        _ => storage.Activations == DType.F16 ? "fp16" : "fp32",
    };

    /// <summary>Opens it; the device is ready when this returns.</summary>
    public OpenDevice Open(bool validation = false)
    {
        if (IsReference)
        {
            return new(null, null, new ReferenceBackend());
        }

        VulkanInstance vulkan = VulkanInstance.Create(validation);
        try
        {
            GpuDevice device = GpuDevice.Open(vulkan, Options);
            return new(vulkan, device, new GpuBackend(device, vulkan));
        }
        catch
        {
            vulkan.Dispose();
            throw;
        }
    }
}

/// <summary>An open device with all that must be closed after it.</summary>
public sealed class OpenDevice(VulkanInstance? vulkan, GpuDevice? device, IGraphBackend backend) : IDisposable
{
    public VulkanInstance? Vulkan => vulkan;

    /// <summary>Null for the reference.</summary>
    public GpuDevice? Device => device;

    public IGraphBackend Backend => backend;

    public void Dispose()
    {
        backend.Dispose();
        device?.Dispose();
        vulkan?.Dispose();
    }
}
