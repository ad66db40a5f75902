namespace Hummingbird.Vulkan.Engine.Device;

/// <summary>Where the user's caches lie: $XDG_CACHE_HOME/hummingbird, ~/.cache/hummingbird, or the local application data of Windows.</summary>
internal static class CacheFolder
{
    /// <returns>Empty where there is no place for caches.</returns>
    public static string Of(string name)
    {
        string? cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        if (string.IsNullOrEmpty(cache))
        {
            string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            cache = OperatingSystem.IsWindows() ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
                : home.Length > 0 ? Path.Combine(home, ".cache")
                : "";
        }

        return cache.Length == 0 ? "" : Path.Combine(cache, "hummingbird", name);
    }
}
