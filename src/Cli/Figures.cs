using System.Globalization;

namespace Hummingbird.Vulkan.Cli;

/// <summary>Numbers as people read them: three digits and a unit.</summary>
internal static class Figures
{
    /// <summary>1.5 KiB, 20 MiB, 1.91 GiB.</summary>
    public static string Bytes(double bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        int unit = 0;
        for (; bytes >= 1000 && unit < units.Length - 1; unit++)
        {
            bytes /= 1024;
        }

        return $"{Three(bytes)} {units[unit]}";
    }

    /// <summary>12.3 k, 712 M, 3.2 T: powers of 1000.</summary>
    public static string Count(double count)
    {
        string[] units = ["", "k", "M", "G", "T", "P"];
        int unit = 0;
        for (; count >= 1000 && unit < units.Length - 1; unit++)
        {
            count /= 1000;
        }

        return unit == 0 ? Three(count) : $"{Three(count)} {units[unit]}";
    }

    /// <summary>0.12 s, 8.1 s, 72 s, 12 min.</summary>
    public static string Time(TimeSpan time) => time.TotalSeconds < 120 ? $"{Three(time.TotalSeconds)} s" : $"{Three(time.TotalMinutes)} min";

    private static string Three(double value)
        => value.ToString(value >= 99.95 ? "0" : value >= 9.995 ? "0.#" : "0.##", CultureInfo.InvariantCulture);
}
