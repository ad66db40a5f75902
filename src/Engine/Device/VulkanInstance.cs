using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Interop;

namespace Hummingbird.Vulkan.Engine.Device;

/// <summary>The connection to Vulkan: lists devices, and with validation on collects what the layer says.</summary>
public sealed class VulkanInstance : IDisposable
{
    private const string ValidationLayer = "VK_LAYER_KHRONOS_validation";

    // A driver's width is the process's: no instance may be made while another one changes it.
    private static readonly Lock Making = new();

    private readonly PhysicalDevice[] physicalDevices;
    private readonly IDisposable? listener;
    private bool isDisposed;

    private VulkanInstance(InstanceApi api, ValidationLog? validation)
    {
        Api = api;
        Validation = validation;
        listener = validation is null ? null : api.Listen(validation.Sink);
        physicalDevices = api.PhysicalDevices();
        Snapshots = [.. physicalDevices.Select(d => SnapshotReader.Read(api.Query(d)))];
    }

    /// <summary>All devices in the driver's order, usable or not (see <see cref="DevicePlan.Missing"/>).</summary>
    public ImmutableArray<DeviceSnapshot> Snapshots { get; }

    /// <summary>Null without validation.</summary>
    public ValidationLog? Validation { get; }

    internal InstanceApi Api { get; }

    /// <remarks>Where Mesa's CPU driver gains by it, its vectors are widened for this process: <see cref="CpuDriverWidth"/>.</remarks>
    /// <param name="validation">Checks every call, synchronisation included. Slow; needs the Khronos validation layer.</param>
    /// <exception cref="VulkanUnavailableException">No loader, no driver, or no validation layer.</exception>
    public static VulkanInstance Create(bool validation = false) => Create(validation, []);

    /// <param name="windowExtensions">What surfaces of a window take.</param>
    internal static VulkanInstance Create(bool validation, IReadOnlyList<string> windowExtensions)
    {
        VulkanLoader loader = VulkanLoader.Load();
        if (loader.Version < ApiVersion.V1_2)
        {
            throw new VulkanUnavailableException($"The Vulkan loader {loader.LibraryName} speaks Vulkan {loader.Version}, and 1.2 is needed. {VulkanLoader.InstallAdvice}");
        }

        List<string> extensions = [.. windowExtensions];
        if (loader.Extensions().Contains(ExtensionNames.KhrPortabilityEnumeration))
        {
            extensions.Add(ExtensionNames.KhrPortabilityEnumeration);
        }

        if (validation)
        {
            AddValidation(loader, extensions);
        }

        lock (Making)
        {
            VulkanInstance made = Make(loader, validation, extensions);
            if (!CpuDriverWidth.Widen(made.Snapshots))
            {
                return made;
            }

            made.Dispose();
            return Make(loader, validation, extensions);
        }
    }

    private static void AddValidation(VulkanLoader loader, List<string> extensions)
    {
        if (!loader.Layers().Contains(ValidationLayer))
        {
            throw new VulkanUnavailableException($"{ValidationLayer} is not installed. On Debian and Ubuntu it is in vulkan-validationlayers, elsewhere in the Vulkan SDK.");
        }

        extensions.Add(ExtensionNames.ExtDebugUtils);
        if (loader.Extensions(ValidationLayer).Contains(ExtensionNames.ExtValidationFeatures))
        {
            extensions.Add(ExtensionNames.ExtValidationFeatures);
        }
    }

    private static VulkanInstance Make(VulkanLoader loader, bool validation, List<string> extensions)
    {
        bool synchronization = extensions.Contains(ExtensionNames.ExtValidationFeatures);
        InstanceApi api = InstanceApi.Create(loader, validation ? [ValidationLayer] : [], extensions, synchronization);
        try
        {
            return new(api, validation ? new ValidationLog() : null);
        }
        catch
        {
            api.Dispose();
            throw;
        }
    }

    internal bool CanPresent(int device, int queueFamily, SurfaceKHR surface) => Api.CanPresent(physicalDevices[device], queueFamily, surface);

    internal SurfaceCapabilitiesKHR CapabilitiesOf(int device, SurfaceKHR surface) => Api.Capabilities(physicalDevices[device], surface);

    internal SurfaceFormatKHR[] FormatsOf(int device, SurfaceKHR surface) => Api.Formats(physicalDevices[device], surface);

    internal DeviceApi CreateDevice(DeviceSnapshot snapshot, DevicePlan plan)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        int index = Snapshots.IndexOf(snapshot);
        return index < 0
            ? throw new ArgumentException($"{snapshot.Name} is not a device of this instance: open one of its Snapshots.", nameof(snapshot))
            : Api.CreateDevice(physicalDevices[index], (uint)plan.QueueFamily, plan.Extensions, FeatureNames.Request(plan.Features), snapshot.Driver);
    }

    public void Dispose()
    {
        if (!isDisposed)
        {
            isDisposed = true;
            listener?.Dispose();
            Api.Dispose();
        }
    }
}
