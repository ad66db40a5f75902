using Hummingbird.Vulkan.Engine.Compute;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Interop;
using Hummingbird.Vulkan.Engine.Memory;
using Xunit;

namespace Hummingbird.Vulkan.Gpu.Tests;

public sealed class DeviceTests : DeviceTestBase
{
    [Fact]
    public void A_device_opens_as_planned()
    {
        using GpuDevice device = Open();
        Assert.Equal(DevicePlan.Decide(device.Snapshot, Options).Decisions, device.Plan.Decisions);
        Assert.False(device.IsLost);
        Assert.True(device.Plan.MemoryBudgetInBytes > 1 << 20);
        Assert.Equal(0, device.LiveObjects);
    }

    [Fact]
    public void Every_listed_device_has_a_plan_or_a_reason_against_it()
    {
        Assert.NotEmpty(Vulkan.Snapshots);
        foreach (DeviceSnapshot snapshot in Vulkan.Snapshots)
        {
            if (DevicePlan.Missing(snapshot).IsEmpty)
            {
                Assert.NotEmpty(DevicePlan.Decide(snapshot, Options).Decisions);
            }
            else
            {
                Assert.Throws<DeviceUnsuitableException>(() => DevicePlan.Decide(snapshot, Options));
            }
        }
    }

    [Fact]
    public void The_snapshot_survives_its_json()
    {
        foreach (DeviceSnapshot snapshot in Vulkan.Snapshots)
        {
            string json = snapshot.ToJson();
            Assert.Equal(json, DeviceSnapshot.FromJson(json).ToJson());
        }
    }

    [Fact]
    public void A_planted_mistake_is_reported_by_the_validation_layer()
    {
        using GpuDevice device = Open();
        Assert.Equal(0, Vulkan.Validation!.Errors);
        device.PlantValidationError();
        ValidationMessage message = Assert.Single(Vulkan.Validation.Messages, m => m.Severity == ValidationSeverity.Error);
        Assert.Equal("VUID-VkBufferCreateInfo-size-00912", message.Id);
        Vulkan.Validation.Clear();
    }

    [Fact]
    public void A_missing_barrier_is_reported_by_the_validation_layer()
    {
        using GpuDevice device = Open();
        using var arena = new Arena(device, MemoryClass.Activations, 1 << 20);
        using var recorder = new CommandRecorder(device, "two fills");
        ArenaSlice slice = arena.Allocate(1024);
        recorder.Begin();
        recorder.Fill(slice, 1);
        recorder.Fill(slice, 2);
        recorder.End();
        Assert.Contains(Vulkan.Validation!.Messages, m => m.Id.Contains("SYNC-HAZARD-WRITE-AFTER-WRITE", StringComparison.Ordinal)
            || m.Id.Contains("SYNC-HAZARD-WRITE_AFTER_WRITE", StringComparison.Ordinal));
        Vulkan.Validation.Clear();
    }

    [Fact]
    public void A_device_names_what_outlives_it()
    {
        GpuDevice device = Open();
        var arena = new Arena(device, MemoryClass.Weights, 1 << 20);
        _ = arena.Allocate(100);
        Assert.Equal(1, device.LiveObjects);
        var error = Assert.Throws<InvalidOperationException>(device.Dispose);
        Assert.Contains("arena of weights (256 bytes)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lost_device_is_disposed_and_opened_again()
    {
        using (GpuDevice device = Open())
        {
            using var arena = new Arena(device, MemoryClass.Activations, 1 << 20);
            using var recorder = new CommandRecorder(device, "the step that is lost");
            ArenaSlice slice = arena.Allocate(1024);
            recorder.Begin();
            recorder.Fill(slice, 1);
            recorder.End();
            device.Queue.Submit(recorder);
            device.Api.LosesNextSubmit = true;
            var error = Assert.Throws<DeviceLostException>(() => device.Queue.Submit(recorder));
            Assert.Equal("the step that is lost", error.LastSubmit);
            Assert.True(device.IsLost);
        }

        using GpuDevice again = Open();
        Assert.False(again.IsLost);
    }

    [Fact]
    public void Two_devices_live_side_by_side()
    {
        using GpuDevice first = Open();
        using GpuDevice second = Open();
        using var arena = new Arena(second, MemoryClass.Activations, 1 << 20);
        ArenaSlice slice = arena.Allocate(4);
        slice.Upload(new byte[] { 1, 2, 3, 4 });
        byte[] read = new byte[4];
        slice.Download(read);
        Assert.Equal([1, 2, 3, 4], read);
    }
}
