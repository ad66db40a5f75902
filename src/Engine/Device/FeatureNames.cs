using Hummingbird.Vulkan.Engine.Interop;

namespace Hummingbird.Vulkan.Engine.Device;

/// <summary>Translates between Vulkan's feature structs and <see cref="DeviceFeatures"/>.</summary>
internal static class FeatureNames
{
    public static DeviceFeatures Read(RequestedFeatures features)
    {
        PhysicalDeviceVulkan11Features vulkan11 = features.Vulkan11 ?? default;
        PhysicalDeviceVulkan12Features vulkan12 = features.Vulkan12 ?? default;
        return new()
        {
            ShaderInt64 = features.Core.ShaderInt64,
            ShaderInt16 = features.Core.ShaderInt16,
            StorageBuffer16BitAccess = vulkan11.StorageBuffer16BitAccess,
            BufferDeviceAddress = vulkan12.BufferDeviceAddress,
            TimelineSemaphore = vulkan12.TimelineSemaphore,
            ScalarBlockLayout = vulkan12.ScalarBlockLayout,
            ShaderInt8 = vulkan12.ShaderInt8,
            ShaderFloat16 = vulkan12.ShaderFloat16,
            StorageBuffer8BitAccess = vulkan12.StorageBuffer8BitAccess,
            ShaderSubgroupExtendedTypes = vulkan12.ShaderSubgroupExtendedTypes,
            VulkanMemoryModel = vulkan12.VulkanMemoryModel && vulkan12.VulkanMemoryModelDeviceScope,
            SubgroupSizeControl = features.SubgroupSizeControl is { } size && size.SubgroupSizeControl,
            Maintenance4 = features.Maintenance4 is { } maintenance && maintenance.Maintenance4,
            PipelineExecutableInfo = features.PipelineExecutables is { } executables && executables.PipelineExecutableInfo,
            CooperativeMatrix = features.CooperativeMatrix is { } matrix && matrix.CooperativeMatrix,
        };
    }

    public static RequestedFeatures Request(DeviceFeatures wanted) => new()
    {
        Core = new() { ShaderInt64 = wanted.ShaderInt64, ShaderInt16 = wanted.ShaderInt16 },
        Vulkan11 = new() { StorageBuffer16BitAccess = wanted.StorageBuffer16BitAccess },
        Vulkan12 = new()
        {
            BufferDeviceAddress = wanted.BufferDeviceAddress,
            TimelineSemaphore = wanted.TimelineSemaphore,
            ScalarBlockLayout = wanted.ScalarBlockLayout,
            ShaderInt8 = wanted.ShaderInt8,
            ShaderFloat16 = wanted.ShaderFloat16,
            StorageBuffer8BitAccess = wanted.StorageBuffer8BitAccess,
            ShaderSubgroupExtendedTypes = wanted.ShaderSubgroupExtendedTypes,
            VulkanMemoryModel = wanted.VulkanMemoryModel,
            // Atomics of shaders without the memory model have device scope.
            VulkanMemoryModelDeviceScope = wanted.VulkanMemoryModel,
        },
        SubgroupSizeControl = wanted.SubgroupSizeControl ? new PhysicalDeviceSubgroupSizeControlFeatures { SubgroupSizeControl = true } : null,
        Maintenance4 = wanted.Maintenance4 ? new PhysicalDeviceMaintenance4Features { Maintenance4 = true } : null,
        PipelineExecutables = wanted.PipelineExecutableInfo
            ? new PhysicalDevicePipelineExecutablePropertiesFeaturesKHR { PipelineExecutableInfo = true } : null,
        CooperativeMatrix = wanted.CooperativeMatrix ? new PhysicalDeviceCooperativeMatrixFeaturesKHR { CooperativeMatrix = true } : null,
    };
}
