using System.Collections.Immutable;
using System.Globalization;

namespace Hummingbird.Vulkan.Engine.Device;

/// <summary>Memory types to try for each use, best first. A full heap makes an allocation fall to the next.</summary>
/// <param name="Device">Weights and activations.</param>
/// <param name="Staging">The host writes, the device copies.</param>
/// <param name="Readback">The device copies, the host reads.</param>
public sealed record MemoryTypeChoices(ImmutableArray<int> Device, ImmutableArray<int> Staging, ImmutableArray<int> Readback)
{
    public static MemoryTypeChoices For(DeviceSnapshot device)
    {
        // Protected, lazily allocated and vendors' uncached kinds are for other uses.
        ImmutableArray<(int Index, MemoryTypeFacts Type)> types =
            [.. device.MemoryTypes.Select((type, index) => (index, type)).Where(t => t.type.OtherFlags == 0)];
        ulong SizeOf(MemoryTypeFacts type) => device.Heaps[type.Heap].SizeInBytes;
        bool isUnified = device.IsUnifiedMemory;

        // Unified memory: mapped first, then the other heaps of the same physical memory. Otherwise only memory beside the device counts,
        // the kind the host cannot see first: the window onto it may be as small as 256 MiB.
        IEnumerable<(int Index, MemoryTypeFacts Type)> forDevice = isUnified
            ? types.Where(t => t.Type.IsDeviceLocal || (t.Type.IsHostVisible && t.Type.IsHostCoherent))
                .OrderByDescending(t => t.Type.IsDeviceLocal && t.Type.IsHostVisible && t.Type.IsHostCoherent)
                .ThenByDescending(t => t.Type.IsDeviceLocal)
                .ThenByDescending(t => SizeOf(t.Type))
                .ThenBy(t => t.Type.IsHostCached)
            : types.Where(t => t.Type.IsDeviceLocal)
                .OrderBy(t => t.Type.IsHostVisible)
                .ThenByDescending(t => SizeOf(t.Type));
        IEnumerable<(int Index, MemoryTypeFacts Type)> forHost = types.Where(t => t.Type.IsHostVisible && t.Type.IsHostCoherent);
        return new(
            [.. forDevice.Select(t => t.Index)],
            [.. forHost.OrderBy(t => t.Type.IsDeviceLocal && !isUnified).ThenBy(t => t.Type.IsHostCached).Select(t => t.Index)],
            [.. forHost.OrderByDescending(t => t.Type.IsHostCached).ThenBy(t => t.Type.IsDeviceLocal && !isUnified).Select(t => t.Index)]);
    }
}

/// <summary>How much memory may be used.</summary>
internal static class MemoryPolicy
{
    private const double GiB = 1L << 30;

    // Without VK_EXT_memory_budget nobody tells what other programs hold.
    private const double ShareOfUnknownHeap = 0.8;

    // Shared with the operating system and everything else that runs.
    private const double ShareOfHostMemory = 0.9;

    public static long Budget(DeviceSnapshot device, MemoryTypeChoices types, double? maxGiB, Action<string, string, string> decided)
    {
        (double total, bool isKnown, string reason) = Free(device, types);
        double hostLimit = device.HostMemoryInBytes * ShareOfHostMemory;

        // A CPU driver that reports no budget names a made-up heap: Mesa 22's says 2 GiB on every machine.
        bool isMadeUp = device.Kind == DeviceKind.Cpu && !isKnown;
        if (device.IsUnifiedMemory && device.HostMemoryInBytes > 0 && (hostLimit < total || isMadeUp))
        {
            total = hostLimit;
            reason = "90 % of the memory this process may use";
        }

        if (maxGiB is double cap)
        {
            if (!(cap > 0))
            {
                throw new DeviceUnsuitableException($"A memory limit of {cap} GiB leaves nothing to work with. Give a number above 0.");
            }

            if (cap * GiB < total)
            {
                total = cap * GiB;
                reason = "asked for";
            }
        }

        decided("memory budget", (total / GiB).ToString("0.00", CultureInfo.InvariantCulture) + " GiB", reason);
        return (long)total;
    }

    private static (double Bytes, bool IsKnown, string Reason) Free(DeviceSnapshot device, MemoryTypeChoices types)
    {
        double total = 0;
        bool isKnown = true;
        HashSet<int> heaps = [.. types.Device.Select(index => device.MemoryTypes[index].Heap)];
        foreach (int index in heaps)
        {
            MemoryHeapFacts heap = device.Heaps[index];
            isKnown &= heap.BudgetInBytes is not null;
            total += heap.BudgetInBytes is ulong budget
                ? budget - Math.Min(budget, heap.UsageInBytes ?? 0)
                : heap.SizeInBytes * ShareOfUnknownHeap;
        }

        string reason = $"{heaps.Count} usable {(heaps.Count == 1 ? "heap" : "heaps")}, "
            + (isKnown ? "what the driver says is free" : "80 % of the size (the driver does not say what is free)");
        return (total, isKnown, reason);
    }
}
