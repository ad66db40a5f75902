using System.Text.Json;
using Hummingbird.Vulkan.Engine.Device;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests;

public sealed class DeviceSnapshotTests
{
    public static TheoryData<string> All => [.. DeviceSnapshots.Names];

    [Theory]
    [MemberData(nameof(All))]
    public void Json_keeps_every_fact(string name)
    {
        DeviceSnapshot snapshot = DeviceSnapshots.Load(name);
        string json = snapshot.ToJson();
        using var written = JsonDocument.Parse(json);
        using var original = JsonDocument.Parse(DeviceSnapshots.Json(name));
        Assert.True(JsonElement.DeepEquals(original.RootElement, written.RootElement));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{ "name": "x" }""")]
    public void What_is_no_snapshot_is_refused(string json) => Assert.Throws<JsonException>(() => DeviceSnapshot.FromJson(json));

    [Theory]
    [InlineData("\"subgroup\"", "\"subgruop\"")]
    [InlineData("\"maxPushConstantsSize\": 256,", "")]
    [InlineData("\"kind\": \"Integrated\"", "\"kind\": \"Hybrid\"")]
    public void A_snapshot_with_a_mistake_is_refused(string text, string mistake)
    {
        string json = DeviceSnapshots.Json("radv-phoenix-780m");
        Assert.Contains(text, json, StringComparison.Ordinal);
        Assert.Throws<JsonException>(() => DeviceSnapshot.FromJson(json.Replace(text, mistake, StringComparison.Ordinal)));
    }

    [Fact]
    public void Memory_is_unified_on_integrated_and_cpu_devices_only()
    {
        Assert.True(DeviceSnapshots.Lavapipe25.IsUnifiedMemory);
        Assert.True(DeviceSnapshots.Radeon680M.IsUnifiedMemory);
        Assert.False(DeviceSnapshots.H100.IsUnifiedMemory);
    }
}
