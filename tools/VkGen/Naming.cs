using System.Text;

namespace Hummingbird.Vulkan.Tools.VkGen;

/// <summary>Registry names to C# names, as Silk.NET.Vulkan spells them.</summary>
public static class Naming
{
    private static readonly string[] Vendors = ["KHR", "EXT", "AMD", "NV", "INTEL", "ARM", "QCOM", "GOOGLE", "VALVE", "NVX", "HUAWEI", "IMG", "FUCHSIA", "ANDROID", "QNX", "SEC", "LUNARG", "NN", "MVK", "FB", "GGP"];

    /// <summary>VkBufferUsageFlagBits -> BufferUsageFlags, VkDeviceCreateInfo -> DeviceCreateInfo.</summary>
    public static string Type(string name)
    {
        string stripped = name.StartsWith("Vk", StringComparison.Ordinal) ? name[2..] : name;
        return stripped.Replace("FlagBits", "Flags", StringComparison.Ordinal);
    }

    /// <summary>sType -> SType, ppEnabledLayerNames -> PpEnabledLayerNames.</summary>
    public static string Member(string name) => char.ToUpperInvariant(name[0]) + name[1..];

    public static string Command(string name) => name[2..];

    /// <summary>VK_EXT_memory_budget -> ExtMemoryBudget.</summary>
    public static string Extension(string name) => Pascal(name["VK_".Length..]);

    /// <summary>VK_PHYSICAL_DEVICE_TYPE_CPU in VkPhysicalDeviceType -> Cpu.</summary>
    public static string EnumValue(string type, string value)
    {
        string stem = type;
        foreach (string vendor in Vendors)
        {
            if (stem.EndsWith(vendor, StringComparison.Ordinal))
            {
                stem = stem[..^vendor.Length];
                break;
            }
        }

        string prefix = Screaming(stem.Replace("FlagBits", "", StringComparison.Ordinal)) + "_";
        string rest = value.StartsWith(prefix, StringComparison.Ordinal) ? value[prefix.Length..] : value["VK_".Length..];
        string name = Pascal(rest);
        return char.IsAsciiDigit(name[0]) ? "Value" + name : name;
    }

    private static string Screaming(string name)
    {
        var text = new StringBuilder();
        for (int i = 0; i < name.Length; i++)
        {
            bool startsWord = i > 0 && char.IsUpper(name[i]) && (char.IsLower(name[i - 1]) || char.IsDigit(name[i - 1]));
            text.Append(startsWord ? "_" : "").Append(char.ToUpperInvariant(name[i]));
        }

        return text.ToString();
    }

    private static string Pascal(string screaming)
        => string.Concat(screaming.Split('_', StringSplitOptions.RemoveEmptyEntries)
            .Select(word => char.ToUpperInvariant(word[0]) + word[1..].ToLowerInvariant()));
}
