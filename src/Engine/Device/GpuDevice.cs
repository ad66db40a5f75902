using Hummingbird.Vulkan.Engine.Compute;
using Hummingbird.Vulkan.Engine.Interop;
using Hummingbird.Vulkan.Engine.Memory;

namespace Hummingbird.Vulkan.Engine.Device;

/// <summary>An opened device. Owns everything made from it; dispose arenas, recorders and pools first.</summary>
public sealed class GpuDevice : IDisposable
{
    private readonly Lock gate = new();
    private readonly List<IDisposable> children = [];
    private bool isDisposed;

    private GpuDevice(DeviceApi api, DeviceSnapshot snapshot, DevicePlan plan, string reason)
    {
        Api = api;
        Snapshot = snapshot;
        Plan = plan;
        SelectionReason = reason;
        Memory = new(plan.MemoryBudgetInBytes);
        Shaders = new(typeof(GpuDevice).Assembly);
        Queue = new(api);
        Pipelines = new(this);
        Transfers = new(this);
    }

    public DeviceSnapshot Snapshot { get; }

    public DevicePlan Plan { get; }

    /// <summary>Why this device was chosen.</summary>
    public string SelectionReason { get; }

    public ComputeQueue Queue { get; }

    public Compute.PipelineCache Pipelines { get; }

    public ShaderLibrary Shaders { get; }

    public MemoryBudget Memory { get; }

    /// <summary>The driver lost the device: dispose it and open it again.</summary>
    public bool IsLost => Api.IsLost;

    /// <summary>Arenas, recorders and pools made from this device and not disposed yet.</summary>
    public int LiveObjects
    {
        get
        {
            lock (gate)
            {
                return children.Count;
            }
        }
    }

    internal DeviceApi Api { get; }

    internal TransferQueue Transfers { get; }

    /// <summary>Chooses a device by the options, plans and opens it.</summary>
    /// <exception cref="DeviceUnsuitableException">No device fits.</exception>
    public static GpuDevice Open(VulkanInstance vulkan, DeviceOptions options)
    {
        DeviceSelection selection = DeviceSelection.Choose(vulkan.Snapshots, options.Selector);
        DeviceSnapshot snapshot = vulkan.Snapshots[selection.Index];
        return Open(vulkan, snapshot, DevicePlan.Decide(snapshot, TileCacheFile.Complete(options, snapshot)), selection.Reason);
    }

    public static GpuDevice Open(VulkanInstance vulkan, DeviceSnapshot snapshot, DevicePlan plan, string reason = "named by the caller")
    {
        DeviceApi api = vulkan.CreateDevice(snapshot, plan);
        try
        {
            return new(api, snapshot, plan, reason);
        }
        catch
        {
            api.Dispose();
            throw;
        }
    }

    /// <summary>Makes one harmless mistake that a working validation layer must report.</summary>
    public void PlantValidationError() => Api.DestroyBuffer(Api.CreateBuffer(0));

    /// <exception cref="InvalidOperationException">With <see cref="DeviceOptions.ThrowOnLeaks"/>: something was left undisposed. All is released nevertheless.</exception>
    public void Dispose()
    {
        if (isDisposed)
        {
            return;
        }

        isDisposed = true;
        Queue.WaitQuietly();
        Transfers.Dispose();
        List<string> leaks = [];
        while (LastChild() is { } leaked)
        {
            leaks.Add(leaked.ToString() ?? leaked.GetType().Name);
            leaked.Dispose();
        }

        Pipelines.Dispose();
        Queue.Dispose();
        Api.Dispose();
        if (leaks.Count > 0 && Plan.Options.ThrowOnLeaks)
        {
            throw new InvalidOperationException($"{leaks.Count} objects outlived their device: {string.Join(", ", leaks)}. Dispose them first.");
        }
    }

    internal void Add(IDisposable child)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        lock (gate)
        {
            children.Add(child);
        }
    }

    internal void Remove(IDisposable child)
    {
        lock (gate)
        {
            children.Remove(child);
        }
    }

    private IDisposable? LastChild()
    {
        lock (gate)
        {
            return children.Count > 0 ? children[^1] : null;
        }
    }
}
