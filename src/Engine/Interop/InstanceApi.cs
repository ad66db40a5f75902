using System.Runtime.InteropServices;
using System.Text;

namespace Hummingbird.Vulkan.Engine.Interop;

/// <summary>An instance and its functions, checked and free of pointers.</summary>
internal sealed unsafe partial class InstanceApi : IDisposable
{
    private readonly VulkanLoader loader;
    private readonly InstanceFunctions vk;
    private readonly FunctionSource source;
    private Instance handle;

    private InstanceApi(VulkanLoader loader, Instance handle)
    {
        this.loader = loader;
        this.handle = handle;
        source = loader.InstanceSource(handle);
        vk = new(source);
    }

    public static InstanceApi Create(VulkanLoader loader, IReadOnlyList<string> layers, IReadOnlyList<string> extensions, bool synchronizationValidation)
    {
        using var layerNames = new NativeText.List(layers);
        using var extensionNames = new NativeText.List(extensions);
        fixed (byte* application = "hummingbird\0"u8)
        {
            var info = new ApplicationInfo { PApplicationName = application, PEngineName = application, ApiVersion = Interop.ApiVersion.V1_3.Packed };
            ValidationFeatureEnableEXT enable = ValidationFeatureEnableEXT.SynchronizationValidationExt;
            var validation = new ValidationFeaturesEXT { EnabledValidationFeatureCount = 1, PEnabledValidationFeatures = &enable };
            var create = new InstanceCreateInfo
            {
                PNext = synchronizationValidation ? &validation : null,
                Flags = extensions.Contains(ExtensionNames.KhrPortabilityEnumeration) ? InstanceCreateFlags.EnumeratePortabilityBitKhr : InstanceCreateFlags.None,
                PApplicationInfo = &info,
                EnabledLayerCount = layerNames.Count,
                PpEnabledLayerNames = layerNames.Pointers,
                EnabledExtensionCount = extensionNames.Count,
                PpEnabledExtensionNames = extensionNames.Pointers,
            };
            Instance instance;
            Result result = loader.Functions.CreateInstance(&create, null, &instance);
            if (result == Result.ErrorIncompatibleDriver)
            {
                throw new VulkanUnavailableException($"No Vulkan driver was found. {VulkanLoader.InstallAdvice}");
            }

            result.ThrowOnError("vkCreateInstance");
            return new(loader, instance);
        }
    }

    public PhysicalDevice[] PhysicalDevices()
    {
        uint count = 0;
        Result result = vk.EnumeratePhysicalDevices(handle, &count, null);

        // Loaders answer so when drivers are listed but none of them finds its hardware.
        if (result is Result.ErrorInitializationFailed)
        {
            return [];
        }

        result.ThrowOnError("vkEnumeratePhysicalDevices");
        var devices = new PhysicalDevice[count];
        fixed (PhysicalDevice* first = devices)
        {
            vk.EnumeratePhysicalDevices(handle, &count, first).ThrowOnError("vkEnumeratePhysicalDevices");
        }

        return devices;
    }

    public DeviceApi CreateDevice(PhysicalDevice physicalDevice, uint queueFamily, IReadOnlyList<string> extensions, RequestedFeatures features, string driver)
    {
        using var extensionNames = new NativeText.List(extensions);
        var chain = new FeatureChain(features);
        float priority = 1;
        var queue = new DeviceQueueCreateInfo { QueueFamilyIndex = queueFamily, QueueCount = 1, PQueuePriorities = &priority };
        var create = new DeviceCreateInfo
        {
            PNext = FeatureChain.Link(&chain),
            QueueCreateInfoCount = 1,
            PQueueCreateInfos = &queue,
            EnabledExtensionCount = extensionNames.Count,
            PpEnabledExtensionNames = extensionNames.Pointers,
        };
        Device created;
        vk.CreateDevice(physicalDevice, &create, null, &created).ThrowOnError("vkCreateDevice");
        Device device = created;
        var functions = new DeviceFunctions(new(
            name =>
            {
                fixed (byte* text = Encoding.UTF8.GetBytes(name + "\0"))
                {
                    return vk.GetDeviceProcAddr(device, text);
                }
            }, driver));
        return new(functions, device, queueFamily, driver);
    }

    /// <summary>Sends the layers' messages to <paramref name="log"/>; the result undoes that when disposed.</summary>
    public IDisposable Listen(ValidationSink log) => new Messenger(this, log);

    public void Dispose()
    {
        if (handle != default)
        {
            vk.DestroyInstance(handle, null);
            handle = default;
        }
    }

    private sealed class Messenger : IDisposable
    {
        private readonly InstanceApi owner;
        private readonly DebugUtilsMessengerEXT messenger;
        private GCHandle sink;

        public Messenger(InstanceApi owner, ValidationSink log)
        {
            this.owner = owner;
            sink = GCHandle.Alloc(log);
            var create = new DebugUtilsMessengerCreateInfoEXT
            {
                MessageSeverity = DebugUtilsMessageSeverityFlagsEXT.WarningBitExt | DebugUtilsMessageSeverityFlagsEXT.ErrorBitExt,
                MessageType = DebugUtilsMessageTypeFlagsEXT.ValidationBitExt | DebugUtilsMessageTypeFlagsEXT.PerformanceBitExt | DebugUtilsMessageTypeFlagsEXT.GeneralBitExt,
                PfnUserCallback = (delegate* unmanaged<DebugUtilsMessageSeverityFlagsEXT, uint, DebugUtilsMessengerCallbackDataEXT*, void*, uint>)&Receive,
                PUserData = (void*)GCHandle.ToIntPtr(sink),
            };
            DebugUtilsMessengerEXT created;
            owner.vk.CreateDebugUtilsMessengerEXT(owner.handle, &create, null, &created).ThrowOnError("vkCreateDebugUtilsMessengerEXT");
            messenger = created;
        }

        public void Dispose()
        {
            if (sink.IsAllocated)
            {
                owner.vk.DestroyDebugUtilsMessengerEXT(owner.handle, messenger, null);
                sink.Free();
            }
        }

        // Called from any thread, also from inside other Vulkan calls.
        [UnmanagedCallersOnly]
        private static uint Receive(DebugUtilsMessageSeverityFlagsEXT severity, uint types, DebugUtilsMessengerCallbackDataEXT* data, void* user)
        {
            if (GCHandle.FromIntPtr((nint)user).Target is ValidationSink sink)
            {
                sink.Receive(severity, NativeText.Of(data->PMessageIdName), NativeText.Of(data->PMessage));
            }

            return 0;
        }
    }
}

/// <summary>Receives messages of the validation layer.</summary>
internal abstract class ValidationSink
{
    public abstract void Receive(DebugUtilsMessageSeverityFlagsEXT severity, string id, string message);
}
