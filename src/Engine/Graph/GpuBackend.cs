using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Interop;

namespace Hummingbird.Vulkan.Engine.Graph;

/// <summary>A Vulkan device as a backend.</summary>
/// <param name="opened">The device; whoever opened it disposes it.</param>
/// <param name="vulkan">Lets the backend open the device again when the driver loses it; null: a loss is final.</param>
public sealed class GpuBackend(GpuDevice opened, VulkanInstance? vulkan = null) : IGraphBackend
{
    private GpuDevice? replacement;

    public GpuDevice Device => replacement ?? opened;

    public string Name => Device.Snapshot.Name;

    public StorageTypes Storage => new(Device.Plan.ActivationType, Device.Plan.WeightType);

    public IGraphExecutor Prepare(ComputeGraph graph) => new GpuExecutor(Device, graph);

    public bool CanRecoverFrom(Exception error) => error is DeviceLostException && vulkan is not null && replacement is null;

    /// <summary>Opens the lost device again, once, with submits half as long.</summary>
    public string Recover()
    {
        opened.Dispose();
        DevicePlan gentler = opened.Plan with { SubmitAim = opened.Plan.SubmitAim / 2 };
        replacement = GpuDevice.Open(vulkan!, opened.Snapshot, gentler, "opened again after the driver lost it");
        return $"The driver reset {opened.Snapshot.Name}; it was opened again and works in submits half as long.";
    }

    public void Dispose() => replacement?.Dispose();
}
