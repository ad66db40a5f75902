namespace Hummingbird.Vulkan.Engine.Interop;

internal sealed unsafe partial class InstanceApi
{
    /// <summary>Asks a physical device for everything the engine plans with.</summary>
    /// <param name="device">Which.</param>
    /// <param name="withMemory">Heaps and budgets too; a driver that only pretends to have its GPU may not survive the question.</param>
    public PhysicalDeviceFacts Query(PhysicalDevice device, bool withMemory = true)
    {
        PhysicalDeviceProperties basic;
        vk.GetPhysicalDeviceProperties(device, &basic);
        List<string> extensions = DeviceExtensions(device);

        // Older ones are listed, with the reason why they cannot be used; they do not know the structs below.
        if (new Interop.ApiVersion(basic.ApiVersion) < Interop.ApiVersion.V1_2 || vk.GetPhysicalDeviceProperties2 is null)
        {
            return new() { Properties = basic, Features = new(), Extensions = extensions };
        }

        bool isVulkan13 = new Interop.ApiVersion(basic.ApiVersion) >= Interop.ApiVersion.V1_3;
        bool hasSizeControl = isVulkan13 || extensions.Contains(ExtensionNames.ExtSubgroupSizeControl);
        bool hasMaintenance4 = isVulkan13 || extensions.Contains(ExtensionNames.KhrMaintenance4);
        var vulkan12 = new PhysicalDeviceVulkan12Properties();
        var vulkan11 = new PhysicalDeviceVulkan11Properties { PNext = &vulkan12 };
        var maintenance3 = new PhysicalDeviceMaintenance3Properties { PNext = &vulkan11 };
        var sizes = new PhysicalDeviceSubgroupSizeControlProperties { PNext = &maintenance3 };
        void* chain = hasSizeControl ? &sizes : &maintenance3;
        var maintenance4 = new PhysicalDeviceMaintenance4Properties { PNext = chain };
        var properties = new PhysicalDeviceProperties2 { PNext = hasMaintenance4 ? &maintenance4 : chain };
        vk.GetPhysicalDeviceProperties2(device, &properties);
        (PhysicalDeviceMemoryProperties memory, PhysicalDeviceMemoryBudgetPropertiesEXT? budget) =
            withMemory ? Memory(device, extensions.Contains(ExtensionNames.ExtMemoryBudget)) : default;
        return new()
        {
            Properties = properties.Properties,
            Vulkan11 = vulkan11,
            Vulkan12 = vulkan12,
            SubgroupSizes = sizes,
            Maintenance3 = maintenance3,
            Maintenance4 = maintenance4,
            Features = Features(device, hasSizeControl, hasMaintenance4, extensions),
            Memory = memory,
            Budget = budget,
            QueueFamilies = QueueFamilies(device),
            Extensions = extensions,
            CooperativeMatrices = extensions.Contains(CooperativeMatrixExtension.Name) ? CooperativeMatrices(device) : [],
        };
    }

    private (PhysicalDeviceMemoryProperties Memory, PhysicalDeviceMemoryBudgetPropertiesEXT? Budget) Memory(PhysicalDevice device, bool hasBudget)
    {
        var budget = new PhysicalDeviceMemoryBudgetPropertiesEXT();
        var memory = new PhysicalDeviceMemoryProperties2 { PNext = hasBudget ? &budget : null };
        vk.GetPhysicalDeviceMemoryProperties2(device, &memory);
        return (memory.MemoryProperties, hasBudget ? budget : null);
    }

    private RequestedFeatures Features(PhysicalDevice device, bool hasSizeControl, bool hasMaintenance4, List<string> extensions)
    {
        var chain = new FeatureChain(new()
        {
            Vulkan11 = new(),
            Vulkan12 = new(),
            SubgroupSizeControl = hasSizeControl ? new PhysicalDeviceSubgroupSizeControlFeatures() : null,
            Maintenance4 = hasMaintenance4 ? new PhysicalDeviceMaintenance4Features() : null,
            PipelineExecutables = extensions.Contains(ExtensionNames.KhrPipelineExecutableProperties)
                ? new PhysicalDevicePipelineExecutablePropertiesFeaturesKHR() : null,
            CooperativeMatrix = extensions.Contains(CooperativeMatrixExtension.Name) ? new PhysicalDeviceCooperativeMatrixFeaturesKHR() : null,
        });
        vk.GetPhysicalDeviceFeatures2(device, FeatureChain.Link(&chain));
        return chain.Read();
    }

    private List<string> DeviceExtensions(PhysicalDevice device)
    {
        uint count = 0;
        vk.EnumerateDeviceExtensionProperties(device, null, &count, null).ThrowOnError("vkEnumerateDeviceExtensionProperties");
        var extensions = new ExtensionProperties[count];
        fixed (ExtensionProperties* first = extensions)
        {
            vk.EnumerateDeviceExtensionProperties(device, null, &count, first).ThrowOnError("vkEnumerateDeviceExtensionProperties");
        }

        return [.. extensions.Take((int)count).Select(e => NativeText.Of(e.ExtensionName)).Order(StringComparer.Ordinal)];
    }

    private QueueFamilyProperties[] QueueFamilies(PhysicalDevice device)
    {
        uint count = 0;
        vk.GetPhysicalDeviceQueueFamilyProperties2(device, &count, null);
        var families = new QueueFamilyProperties2[count];
        Array.Fill(families, new());
        fixed (QueueFamilyProperties2* first = families)
        {
            vk.GetPhysicalDeviceQueueFamilyProperties2(device, &count, first);
        }

        return [.. families.Select(f => f.QueueFamilyProperties)];
    }

    private CooperativeMatrixPropertiesKHR[] CooperativeMatrices(PhysicalDevice device)
    {
        var query = (delegate* unmanaged<PhysicalDevice, uint*, CooperativeMatrixPropertiesKHR*, Result>)
            source.Require(CooperativeMatrixExtension.PropertiesFunction);
        uint count = 0;
        query(device, &count, null).ThrowOnError(CooperativeMatrixExtension.PropertiesFunction);
        var shapes = new CooperativeMatrixPropertiesKHR[count];
        Array.Fill(shapes, new());
        fixed (CooperativeMatrixPropertiesKHR* first = shapes)
        {
            query(device, &count, first).ThrowOnError(CooperativeMatrixExtension.PropertiesFunction);
        }

        return shapes;
    }
}
