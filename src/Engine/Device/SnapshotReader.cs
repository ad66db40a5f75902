using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Interop;

namespace Hummingbird.Vulkan.Engine.Device;

/// <summary>Turns what Vulkan says into a <see cref="DeviceSnapshot"/>.</summary>
internal static class SnapshotReader
{
    public static DeviceSnapshot Read(PhysicalDeviceFacts facts)
    {
        PhysicalDeviceProperties properties = facts.Properties;
        PhysicalDeviceVulkan12Properties vulkan12 = facts.Vulkan12;
        PhysicalDeviceVulkan11Properties vulkan11 = facts.Vulkan11;
        return new()
        {
            Name = NativeText.Of(properties.DeviceName),
            Kind = properties.DeviceType switch
            {
                PhysicalDeviceType.IntegratedGpu => DeviceKind.Integrated,
                PhysicalDeviceType.DiscreteGpu => DeviceKind.Discrete,
                PhysicalDeviceType.VirtualGpu => DeviceKind.Virtual,
                PhysicalDeviceType.Cpu => DeviceKind.Cpu,
                _ => DeviceKind.Other,
            },
            VendorId = properties.VendorID,
            DeviceId = properties.DeviceID,
            ApiVersion = new ApiVersion(properties.ApiVersion).ToString(),
            DriverId = (int)vulkan12.DriverID == 0 ? "" : vulkan12.DriverID.ToString(),
            DriverName = NativeText.Of(vulkan12.DriverName),
            DriverInfo = NativeText.Of(vulkan12.DriverInfo),
            DriverVersion = properties.DriverVersion,
            DeviceUuid = Convert.ToHexStringLower(vulkan11.DeviceUUID),
            DriverUuid = Convert.ToHexStringLower(vulkan11.DriverUUID),
            PipelineCacheUuid = Convert.ToHexStringLower(properties.PipelineCacheUUID),
            HostMemoryInBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            HostVectorRegisters = HostProcessor.VectorRegisters,
            Limits = Limits(facts),
            Features = FeatureNames.Read(facts.Features),
            Subgroup = Subgroup(facts),
            Heaps = Heaps(facts),
            MemoryTypes = MemoryTypes(facts.Memory),
            QueueFamilies = [.. facts.QueueFamilies.Select(f => new QueueFamilyFacts(
                f.QueueCount,
                f.QueueFlags.HasFlag(QueueFlags.GraphicsBit),
                f.QueueFlags.HasFlag(QueueFlags.ComputeBit),
                (f.QueueFlags & (QueueFlags.GraphicsBit | QueueFlags.ComputeBit | QueueFlags.TransferBit)) != QueueFlags.None,
                (int)f.TimestampValidBits))],
            CooperativeMatrices = [.. facts.CooperativeMatrices.Select(m => new CooperativeMatrixShape(
                (int)m.MSize, (int)m.NSize, (int)m.KSize, Name(m.AType), Name(m.BType), Name(m.CType), Name(m.ResultType), m.Scope.ToString()))],
            Extensions = [.. facts.Extensions],
        };
    }

    private static DeviceLimits Limits(PhysicalDeviceFacts facts)
    {
        PhysicalDeviceLimits limits = facts.Properties.Limits;
        return new()
        {
            MaxComputeWorkGroupCount = [.. (ReadOnlySpan<uint>)limits.MaxComputeWorkGroupCount],
            MaxComputeWorkGroupSize = [.. (ReadOnlySpan<uint>)limits.MaxComputeWorkGroupSize],
            MaxComputeWorkGroupInvocations = limits.MaxComputeWorkGroupInvocations,
            MaxComputeSharedMemorySize = limits.MaxComputeSharedMemorySize,
            MaxPushConstantsSize = limits.MaxPushConstantsSize,
            MaxStorageBufferRange = limits.MaxStorageBufferRange,
            MaxMemoryAllocationSize = facts.Maintenance3.MaxMemoryAllocationSize,
            MaxBufferSize = facts.Maintenance4.MaxBufferSize,
            MaxMemoryAllocationCount = limits.MaxMemoryAllocationCount,
            NonCoherentAtomSize = limits.NonCoherentAtomSize,
            TimestampPeriod = float.IsFinite(limits.TimestampPeriod) ? limits.TimestampPeriod : 0,
        };
    }

    private static SubgroupFacts Subgroup(PhysicalDeviceFacts facts)
    {
        PhysicalDeviceVulkan11Properties vulkan11 = facts.Vulkan11;
        PhysicalDeviceSubgroupSizeControlProperties sizes = facts.SubgroupSizes;
        int size = (int)vulkan11.SubgroupSize;
        bool isSelectable = facts.Features.SubgroupSizeControl is { } control && control.SubgroupSizeControl
            && sizes.RequiredSubgroupSizeStages.HasFlag(ShaderStageFlags.ComputeBit);
        ImmutableArray<string> operations =
        [
            .. Enum.GetValues<SubgroupFeatureFlags>()
                .Where(f => f != SubgroupFeatureFlags.None && vulkan11.SubgroupSupportedOperations.HasFlag(f))
                .Select(f => f.ToString().Replace("Bit", "", StringComparison.Ordinal)),
        ];
        return new(
            size,
            sizes.MinSubgroupSize > 0 ? (int)sizes.MinSubgroupSize : size,
            sizes.MaxSubgroupSize > 0 ? (int)sizes.MaxSubgroupSize : size,
            operations,
            vulkan11.SubgroupSupportedStages.HasFlag(ShaderStageFlags.ComputeBit),
            isSelectable);
    }

    private static ImmutableArray<MemoryHeapFacts> Heaps(PhysicalDeviceFacts facts)
    {
        PhysicalDeviceMemoryProperties memory = facts.Memory;
        var heaps = ImmutableArray.CreateBuilder<MemoryHeapFacts>();
        for (int i = 0; i < memory.MemoryHeapCount; i++)
        {
            MemoryHeap heap = memory.MemoryHeaps[i];
            PhysicalDeviceMemoryBudgetPropertiesEXT budget = facts.Budget ?? default;
            bool hasBudget = facts.Budget is not null;
            heaps.Add(new(
                heap.Size,
                heap.Flags.HasFlag(MemoryHeapFlags.DeviceLocalBit),
                hasBudget ? budget.HeapBudget[i] : null,
                hasBudget ? budget.HeapUsage[i] : null));
        }

        return heaps.ToImmutable();
    }

    private static ImmutableArray<MemoryTypeFacts> MemoryTypes(PhysicalDeviceMemoryProperties memory)
    {
        const MemoryPropertyFlags Known = MemoryPropertyFlags.DeviceLocalBit | MemoryPropertyFlags.HostVisibleBit
            | MemoryPropertyFlags.HostCoherentBit | MemoryPropertyFlags.HostCachedBit;
        var types = ImmutableArray.CreateBuilder<MemoryTypeFacts>();
        for (int i = 0; i < memory.MemoryTypeCount; i++)
        {
            MemoryType type = memory.MemoryTypes[i];
            MemoryPropertyFlags flags = type.PropertyFlags;
            types.Add(new(
                (int)type.HeapIndex,
                flags.HasFlag(MemoryPropertyFlags.DeviceLocalBit),
                flags.HasFlag(MemoryPropertyFlags.HostVisibleBit),
                flags.HasFlag(MemoryPropertyFlags.HostCoherentBit),
                flags.HasFlag(MemoryPropertyFlags.HostCachedBit),
                (uint)(flags & ~Known)));
        }

        return types.ToImmutable();
    }

    private static string Name(ComponentTypeKHR type) => type switch
    {
        ComponentTypeKHR.Float16 => "f16",
        ComponentTypeKHR.Float32 => "f32",
        ComponentTypeKHR.Float64 => "f64",
        ComponentTypeKHR.Sint8 => "s8",
        ComponentTypeKHR.Sint16 => "s16",
        ComponentTypeKHR.Sint32 => "s32",
        ComponentTypeKHR.Sint64 => "s64",
        ComponentTypeKHR.Uint8 => "u8",
        ComponentTypeKHR.Uint16 => "u16",
        ComponentTypeKHR.Uint32 => "u32",
        ComponentTypeKHR.Uint64 => "u64",
        _ => $"component{(int)type}",
    };
}
