namespace Hummingbird.Vulkan.Engine.Interop;

/// <summary>Everything a physical device says about itself, as Vulkan says it.</summary>
internal sealed class PhysicalDeviceFacts
{
    public required PhysicalDeviceProperties Properties { get; init; }

    public PhysicalDeviceVulkan11Properties Vulkan11 { get; init; }

    public PhysicalDeviceVulkan12Properties Vulkan12 { get; init; }

    public PhysicalDeviceSubgroupSizeControlProperties SubgroupSizes { get; init; }

    public PhysicalDeviceMaintenance3Properties Maintenance3 { get; init; }

    public PhysicalDeviceMaintenance4Properties Maintenance4 { get; init; }

    public required RequestedFeatures Features { get; init; }

    public PhysicalDeviceMemoryProperties Memory { get; init; }

    /// <summary>Null without VK_EXT_memory_budget.</summary>
    public PhysicalDeviceMemoryBudgetPropertiesEXT? Budget { get; init; }

    public IReadOnlyList<QueueFamilyProperties> QueueFamilies { get; init; } = [];

    public IReadOnlyList<string> Extensions { get; init; } = [];

    public IReadOnlyList<CooperativeMatrixPropertiesKHR> CooperativeMatrices { get; init; } = [];
}

/// <summary>The feature structs the engine knows; null ones are not chained.</summary>
internal sealed class RequestedFeatures
{
    public PhysicalDeviceFeatures Core { get; set; }

    public PhysicalDeviceVulkan11Features? Vulkan11 { get; set; }

    public PhysicalDeviceVulkan12Features? Vulkan12 { get; set; }

    public PhysicalDeviceSubgroupSizeControlFeatures? SubgroupSizeControl { get; set; }

    public PhysicalDeviceMaintenance4Features? Maintenance4 { get; set; }

    public PhysicalDevicePipelineExecutablePropertiesFeaturesKHR? PipelineExecutables { get; set; }

    public PhysicalDeviceCooperativeMatrixFeaturesKHR? CooperativeMatrix { get; set; }
}
