using System.Globalization;

namespace Hummingbird.Vulkan.Engine.Interop;

/// <summary>A Vulkan version as the API packs it.</summary>
internal readonly record struct ApiVersion(uint Packed) : IComparable<ApiVersion>
{
    public static readonly ApiVersion V1_0 = Of(1, 0);
    public static readonly ApiVersion V1_1 = Of(1, 1);
    public static readonly ApiVersion V1_2 = Of(1, 2);
    public static readonly ApiVersion V1_3 = Of(1, 3);

    public uint Major => (Packed >> 22) & 0x7f;

    public uint Minor => (Packed >> 12) & 0x3ff;

    public uint Patch => Packed & 0xfff;

    public static ApiVersion Of(uint major, uint minor, uint patch = 0) => new((major << 22) | (minor << 12) | patch);

    public static ApiVersion Parse(string text)
    {
        uint[] parts = [.. text.Split('.').Select(p => uint.Parse(p, CultureInfo.InvariantCulture))];
        return Of(parts[0], parts[1], parts.Length > 2 ? parts[2] : 0);
    }

    public int CompareTo(ApiVersion other) => Packed.CompareTo(other.Packed);

    public override string ToString() => $"{Major}.{Minor}.{Patch}";

    public static bool operator <(ApiVersion left, ApiVersion right) => left.Packed < right.Packed;

    public static bool operator >(ApiVersion left, ApiVersion right) => left.Packed > right.Packed;

    public static bool operator <=(ApiVersion left, ApiVersion right) => left.Packed <= right.Packed;

    public static bool operator >=(ApiVersion left, ApiVersion right) => left.Packed >= right.Packed;
}
