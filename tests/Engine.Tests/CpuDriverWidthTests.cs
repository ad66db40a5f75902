using Hummingbird.Vulkan.Engine.Device;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests;

public class CpuDriverWidthTests
{
    [Theory]
    [InlineData("lavapipe-26.2.6", 8, true, null, true)]
    [InlineData("lavapipe-26.2.6", 16, true, null, false)] // it has them already
    [InlineData("lavapipe-26.2.6", 8, false, null, false)] // AVX2
    [InlineData("lavapipe-26.2.6", 8, true, "256", false)] // asked for
    [InlineData("lavapipe-25.0.7", 8, true, null, true)]
    [InlineData("lavapipe-22.3.6", 8, true, null, false)]
    [InlineData("nvidia-h100", 8, true, null, false)]
    public void Only_a_driver_that_gains_is_widened(string name, int lanes, bool hasAvx512, string? setting, bool isTooNarrow)
        => Assert.Equal(isTooNarrow, CpuDriverWidth.IsTooNarrow(WithLanes(name, lanes), hasAvx512, setting));

    [Theory]
    [InlineData(8, true)]
    [InlineData(16, false)] // it crashes when it compiles them
    public void Lavapipe_multiplies_matrices_in_subgroups_of_eight_only(int lanes, bool expected)
        => Assert.Equal(expected, DevicePlan.Decide(WithLanes("lavapipe-26.2.6", lanes), new()).Target.Cooperative is not null);

    private static DeviceSnapshot WithLanes(string name, int lanes)
    {
        DeviceSnapshot device = DeviceSnapshots.Load(name);
        return device with { Subgroup = device.Subgroup with { Size = lanes, MinSize = lanes, MaxSize = lanes } };
    }
}
