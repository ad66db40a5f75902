namespace Hummingbird.Vulkan.Engine.Interop;

/// <summary>The pNext chain of feature structs, for asking and for requesting. Lives on the stack of its user.</summary>
internal unsafe ref struct FeatureChain
{
    private PhysicalDeviceFeatures2 head;
    private PhysicalDeviceVulkan11Features vulkan11;
    private PhysicalDeviceVulkan12Features vulkan12;
    private PhysicalDeviceSubgroupSizeControlFeatures subgroupSizeControl;
    private PhysicalDeviceMaintenance4Features maintenance4;
    private PhysicalDevicePipelineExecutablePropertiesFeaturesKHR executables;
    private PhysicalDeviceCooperativeMatrixFeaturesKHR cooperativeMatrix;

    public FeatureChain(RequestedFeatures features)
    {
        head = new() { Features = features.Core };
        vulkan11 = features.Vulkan11 ?? default;
        vulkan12 = features.Vulkan12 ?? default;
        subgroupSizeControl = features.SubgroupSizeControl ?? default;
        maintenance4 = features.Maintenance4 ?? default;
        executables = features.PipelineExecutables ?? default;
        cooperativeMatrix = features.CooperativeMatrix ?? default;
    }

    /// <summary>Links the chain inside <paramref name="chain"/>, which must be a local that does not move.</summary>
    public static PhysicalDeviceFeatures2* Link(FeatureChain* chain)
    {
        void* next = null;
        Push(&chain->cooperativeMatrix.SType, &chain->cooperativeMatrix.PNext, ref next);
        Push(&chain->executables.SType, &chain->executables.PNext, ref next);
        Push(&chain->maintenance4.SType, &chain->maintenance4.PNext, ref next);
        Push(&chain->subgroupSizeControl.SType, &chain->subgroupSizeControl.PNext, ref next);
        Push(&chain->vulkan12.SType, &chain->vulkan12.PNext, ref next);
        Push(&chain->vulkan11.SType, &chain->vulkan11.PNext, ref next);
        chain->head.PNext = next;
        return &chain->head;
    }

    public readonly RequestedFeatures Read() => new()
    {
        Core = head.Features,
        Vulkan11 = IsAbsent(vulkan11.SType) ? null : vulkan11 with { PNext = null },
        Vulkan12 = IsAbsent(vulkan12.SType) ? null : vulkan12 with { PNext = null },
        SubgroupSizeControl = IsAbsent(subgroupSizeControl.SType) ? null : subgroupSizeControl with { PNext = null },
        Maintenance4 = IsAbsent(maintenance4.SType) ? null : maintenance4 with { PNext = null },
        PipelineExecutables = IsAbsent(executables.SType) ? null : executables with { PNext = null },
        CooperativeMatrix = IsAbsent(cooperativeMatrix.SType) ? null : cooperativeMatrix with { PNext = null },
    };

    // A struct that was not asked for is all zero, its type too.
    private static bool IsAbsent(StructureType type) => (int)type == 0;

    private static void Push(StructureType* type, void** link, ref void* next)
    {
        if (!IsAbsent(*type))
        {
            *link = next;
            next = type;
        }
    }
}
