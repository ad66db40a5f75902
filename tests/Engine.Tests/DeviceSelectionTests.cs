using Hummingbird.Vulkan.Engine.Device;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests;

public sealed class DeviceSelectionTests
{
    private static readonly DeviceSnapshot[] Devices =
        [DeviceSnapshots.Lavapipe25, DeviceSnapshots.Radeon680M, DeviceSnapshots.H100, DeviceSnapshots.Radeon8060S];

    [Fact]
    public void Discrete_comes_before_integrated_before_cpu()
    {
        Assert.Equal(2, DeviceSelection.Choose(Devices).Index);
        Assert.Equal(0, DeviceSelection.Choose(Devices[..1]).Index);
        Assert.Equal(1, DeviceSelection.Choose(Devices[..2]).Index);
        Assert.Contains("discrete, the best of 4", DeviceSelection.Choose(Devices).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Among_equals_more_memory_wins_and_then_the_first()
    {
        Assert.Equal(1, DeviceSelection.Choose([DeviceSnapshots.Radeon680M, DeviceSnapshots.Radeon8060S]).Index);
        Assert.Equal(0, DeviceSelection.Choose([DeviceSnapshots.Radeon680M, DeviceSnapshots.Radeon680M]).Index);
    }

    [Theory]
    [InlineData("3", 3)]
    [InlineData("0", 0)]
    [InlineData("llvmpipe", 0)]
    [InlineData(" h100 ", 2)]
    [InlineData("8060S", 3)]
    [InlineData("01234567-89ab-cdef-0123-456789ABCDEF", 2)]
    [InlineData("0123456789abcdef0123456789abcdef", 2)]
    public void A_selector_is_an_index_a_part_of_the_name_or_a_uuid(string selector, int index)
        => Assert.Equal(index, DeviceSelection.Choose(Devices, selector).Index);

    [Theory]
    [InlineData("4", "names no device")]
    [InlineData("GeForce", "names no device")]
    [InlineData("-1", "names no device")]
    [InlineData("radeon", "names 2 devices")]
    public void A_selector_that_fits_none_or_several_lists_the_devices(string selector, string problem)
    {
        var error = Assert.Throws<DeviceUnsuitableException>(() => DeviceSelection.Choose(Devices, selector));
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.Contains("2: NVIDIA H100 80GB HBM3 (discrete, NVIDIA 550.54.15)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_that_lacks_something_is_not_chosen_and_says_why()
    {
        DeviceSnapshot broken = DeviceSnapshots.H100;
        broken = broken with { Features = broken.Features with { BufferDeviceAddress = false } };
        DeviceSelection selection = DeviceSelection.Choose([broken, DeviceSnapshots.Lavapipe25]);
        Assert.Equal(1, selection.Index);
        Assert.Equal("the only device that can be used", selection.Reason);
        Assert.Contains("bufferDeviceAddress", Assert.Throws<DeviceUnsuitableException>(() => DeviceSelection.Choose([broken], "0")).Message, StringComparison.Ordinal);
        Assert.Contains("bufferDeviceAddress", Assert.Throws<DeviceUnsuitableException>(() => DeviceSelection.Choose([broken])).Message, StringComparison.Ordinal);
        Assert.Throws<DeviceUnsuitableException>(() => DeviceSelection.Choose([]));
    }
}
