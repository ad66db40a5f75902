using Xunit;

namespace Hummingbird.Vulkan.Kernels.Tests;

public class WorkgroupWalkTests
{
    private static readonly KernelTarget Cpu = new(SubgroupSize: 8, MatrixFamily.Gather, IsCpu: true);

    [Theory]
    [InlineData(2560, 1280, 16, 10, 20_480, 2, 80)]   // short panels: two tiles of rows, then the next
    [InlineData(2560, 2560, 6, 20, 81_920, 8, 54)]    // long ones: 48 rows, and groups of one size
    [InlineData(2560, 320, 6, 20, 81_920, 61, 7)]     // ... or what the cache holds
    [InlineData(16, 320, 16, 3, 20_480, 1, 1)]
    [InlineData(3_000_000, 320, 6, 1, 4_096, 8, 62_500)] // no direction passes the device's limit
    public void Rows_go_past_all_panels_in_groups_on_cpu_drivers(long rows, long rowBytes, int tileRows, int panels, long panelBytes, int x, int z)
    {
        WorkgroupWalk walk = WorkgroupWalk.Of(rows, rowBytes, tileRows, panels, panelBytes, onCpu: true, Cpu);
        Assert.Equal((new Workgroups(x, panels, z), x), (walk.Groups, walk.Fold));
        long tiles = (rows + tileRows - 1) / tileRows;
        Assert.InRange((long)x * z, tiles, tiles + x - 1);
    }

    [Fact]
    public void Rows_lie_along_x_and_y_and_panels_along_z_elsewhere()
    {
        KernelTarget target = new(SubgroupSize: 32, MatrixFamily.Tiled, MaxWorkgroupCount: 100);
        WorkgroupWalk walk = WorkgroupWalk.Of(64 * 150, 1280, 64, 5, 81_920, onCpu: false, target);
        Assert.Equal((new Workgroups(75, 2, 5), 75), (walk.Groups, walk.Fold));
    }

    [Fact]
    public void More_tiles_than_two_directions_hold_are_refused()
        => Assert.Contains(
            "do not fit",
            Assert.Throws<ShapeException>(() => WorkgroupWalk.Of(1_000_000, 1, 4, 1, 100, onCpu: true, Cpu with { MaxWorkgroupCount = 100 })).Message,
            StringComparison.Ordinal);
}
