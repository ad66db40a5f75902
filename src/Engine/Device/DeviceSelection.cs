using System.Collections.Immutable;
using System.Globalization;

namespace Hummingbird.Vulkan.Engine.Device;

/// <param name="Index">Position in the list of devices.</param>
/// <param name="Reason">Why this one.</param>
public sealed record DeviceSelection(int Index, string Reason)
{
    /// <summary>Picks a device: the one asked for, or the best that can be used (discrete, integrated, virtual, CPU).</summary>
    /// <exception cref="DeviceUnsuitableException">None fits; the message lists all with what they lack.</exception>
    public static DeviceSelection Choose(IReadOnlyList<DeviceSnapshot> devices, string? selector = null)
    {
        if (devices.Count == 0)
        {
            throw new DeviceUnsuitableException("No Vulkan device was found. " + Interop.VulkanLoader.InstallAdvice);
        }

        return string.IsNullOrWhiteSpace(selector) ? Best(devices) : Named(devices, selector.Trim());
    }

    private static DeviceSelection Best(IReadOnlyList<DeviceSnapshot> devices)
    {
        int best = -1;
        for (int i = 0; i < devices.Count; i++)
        {
            if (DevicePlan.Missing(devices[i]).IsEmpty && (best < 0 || Rank(devices[i]).CompareTo(Rank(devices[best])) > 0))
            {
                best = i;
            }
        }

        if (best < 0)
        {
            throw new DeviceUnsuitableException($"None of the Vulkan devices can be used:\n{Describe(devices)}");
        }

        int usable = devices.Count(d => DevicePlan.Missing(d).IsEmpty);
        return new(best, usable == 1 ? "the only device that can be used" : $"{devices[best].Kind.ToString().ToLowerInvariant()}, the best of {usable} usable devices");
    }

    private static (int Kind, ulong Memory) Rank(DeviceSnapshot device)
    {
        int kind = device.Kind switch
        {
            DeviceKind.Discrete => 4,
            DeviceKind.Integrated => 3,
            DeviceKind.Virtual => 2,
            DeviceKind.Other => 1,
            _ => 0,
        };
        return (kind, device.Heaps.Where(h => h.IsDeviceLocal).Aggregate(0ul, (sum, h) => sum + h.SizeInBytes));
    }

    private static DeviceSelection Named(IReadOnlyList<DeviceSnapshot> devices, string selector)
    {
        ImmutableArray<int> matches = Matches(devices, selector);
        if (matches.Length != 1)
        {
            throw new DeviceUnsuitableException(
                $"\"{selector}\" names {(matches.IsEmpty ? "no device" : $"{matches.Length} devices")}. Choose one by index, a part of its name, or its UUID:\n{Describe(devices)}");
        }

        int index = matches[0];
        ImmutableArray<string> missing = DevicePlan.Missing(devices[index]);
        return missing.IsEmpty
            ? new(index, $"asked for by \"{selector}\"")
            : throw new DeviceUnsuitableException($"{devices[index].Name} cannot be used: {string.Join("; ", missing)}.");
    }

    private static ImmutableArray<int> Matches(IReadOnlyList<DeviceSnapshot> devices, string selector)
    {
        if (int.TryParse(selector, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < devices.Count)
        {
            return [index];
        }

        string uuid = selector.Replace("-", "", StringComparison.Ordinal);
        return
        [
            .. Enumerable.Range(0, devices.Count).Where(i =>
                devices[i].Name.Contains(selector, StringComparison.OrdinalIgnoreCase)
                || (uuid.Length == 32 && devices[i].DeviceUuid.Equals(uuid, StringComparison.OrdinalIgnoreCase))),
        ];
    }

    private static string Describe(IReadOnlyList<DeviceSnapshot> devices) => string.Join('\n', devices.Select((device, index) =>
    {
        ImmutableArray<string> missing = DevicePlan.Missing(device);
        return $"  {index}: {device.Name} ({device.Kind.ToString().ToLowerInvariant()}, {device.Driver})"
            + (missing.IsEmpty ? "" : " - cannot be used: " + string.Join("; ", missing));
    }));
}
