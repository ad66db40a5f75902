using System.Runtime.InteropServices;

namespace Hummingbird.Vulkan.Engine.Interop;

// VK_KHR_cooperative_matrix by hand: the registry the bindings are generated from predates it.
internal enum ComponentTypeKHR
{
    Float16 = 0,
    Float32 = 1,
    Float64 = 2,
    Sint8 = 3,
    Sint16 = 4,
    Sint32 = 5,
    Sint64 = 6,
    Uint8 = 7,
    Uint16 = 8,
    Uint32 = 9,
    Uint64 = 10,
}

internal enum ScopeKHR
{
    Device = 1,
    Workgroup = 2,
    Subgroup = 3,
    QueueFamily = 5,
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct PhysicalDeviceCooperativeMatrixFeaturesKHR
{
    public PhysicalDeviceCooperativeMatrixFeaturesKHR()
    {
    }

    public StructureType SType = (StructureType)1_000_506_000;
    public void* PNext;
    public Bool32 CooperativeMatrix;
    public Bool32 CooperativeMatrixRobustBufferAccess;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CooperativeMatrixPropertiesKHR
{
    public CooperativeMatrixPropertiesKHR()
    {
    }

    public StructureType SType = (StructureType)1_000_506_001;
    public void* PNext;
    public uint MSize;
    public uint NSize;
    public uint KSize;
    public ComponentTypeKHR AType;
    public ComponentTypeKHR BType;
    public ComponentTypeKHR CType;
    public ComponentTypeKHR ResultType;
    public Bool32 SaturatingAccumulation;
    public ScopeKHR Scope;
}

internal static class CooperativeMatrixExtension
{
    public const string Name = "VK_KHR_cooperative_matrix";

    public const string PropertiesFunction = "vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR";
}
