using Hummingbird.Vulkan.Engine.Device;

namespace Hummingbird.Vulkan.Engine.Tests;

/// <summary>The devices in tests/data/devices.</summary>
internal static class DeviceSnapshots
{
    public static DeviceSnapshot Lavapipe22 => Load("lavapipe-22.3.6");

    public static DeviceSnapshot Lavapipe25 => Load("lavapipe-25.0.7");

    public static DeviceSnapshot Radeon680M => Load("radv-rembrandt-680m");

    public static DeviceSnapshot Radeon780M => Load("radv-phoenix-780m");

    public static DeviceSnapshot Radeon8060S => Load("radv-gfx1151-8060s");

    public static DeviceSnapshot H100 => Load("nvidia-h100");

    public static IEnumerable<string> Names => Directory.GetFiles(TestData.PathOf("devices"), "*.json")
        .Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal);

    public static string Json(string name) => File.ReadAllText(TestData.PathOf(Path.Combine("devices", name + ".json")));

    public static DeviceSnapshot Load(string name) => DeviceSnapshot.FromJson(Json(name));
}
