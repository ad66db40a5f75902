using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Interop;

namespace Hummingbird.Vulkan.Engine.Graph;

/// <summary>A Vulkan device as a backend.</summary>
/// <param name="opened">The device; whoever opened it disposes it.</param>
/// <param name="vulkan">Lets the backend open the device again when the driver loses it; null: a loss is final.</param>
public sealed class GpuBackend(GpuDevice opened, VulkanInstance? vulkan = null) : IGraphBackend
{
    private readonly PaceFile? paceFile = PaceFile.For(opened.Snapshot, opened.Plan.Options);
    private Pace? pace;
    private GpuDevice? replacement;

    public GpuDevice Device => replacement ?? opened;

    public string Name => Device.Snapshot.Name;

    public StorageTypes Storage => new(Device.Plan.ActivationType, Device.Plan.WeightType);

    /// <summary>Sees every run of every graph prepared from now on, timed node by node.</summary>
    public Action<GraphRun>? Observer { get; set; }

    /// <summary>Weights of the model that are packed already; null for none.</summary>
    public PackedWeights? Prepared { get; set; }

    public GraphPlanner Planner => PlannerOf(Device.Plan) with { BudgetInBytes = Device.Memory.AvailableInBytes - StagingOf(Device.Plan) };

    /// <summary>How graphs are laid out on a device that is not open.</summary>
    public static GraphPlanner PlannerOf(DevicePlan plan) => new(plan.Target, plan.ChunkSizeInBytes, plan.MemoryBudgetInBytes - StagingOf(plan));

    public IGraphExecutor Prepare(ComputeGraph graph)
    {
        pace ??= paceFile?.Read(Device.Snapshot) ?? new(DeviceRate.Expected(Device.Snapshot.Kind));
        return new GpuExecutor(Device, graph, Planner.Plan(graph), pace, Observer, Prepared);
    }

    public bool CanRecoverFrom(Exception error) => error is DeviceLostException && vulkan is not null && replacement is null;

    /// <summary>Opens the lost device again, once, with submits half as long.</summary>
    public string Recover()
    {
        opened.Dispose();
        DevicePlan gentler = opened.Plan with { SubmitAim = opened.Plan.SubmitAim / 2 };
        replacement = GpuDevice.Open(vulkan!, opened.Snapshot, gentler, "opened again after the driver lost it");
        return $"The driver reset {opened.Snapshot.Name}; it was opened again and works in submits half as long.";
    }

    public void Dispose()
    {
        if (pace is { Factors.Count: > 0 })
        {
            paceFile?.Write(pace);
        }

        replacement?.Dispose();
    }

    // Two buffers between host and device, see TransferQueue.
    private static long StagingOf(DevicePlan plan) => plan.IsDirect ? 0 : 128L << 20;
}
