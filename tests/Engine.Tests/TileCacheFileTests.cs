using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Kernels;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests;

public sealed class TileCacheFileTests : IDisposable
{
    private const string Key = "matmul f32w16 2560x320 -> 320";
    private static readonly MatrixTile Tile = new(MatrixFamily.Gather, 8, 32);

    private readonly string folder = Directory.CreateTempSubdirectory("hummingbird-tiles").FullName;
    private readonly DeviceSnapshot device = DeviceSnapshots.Load("lavapipe-25.0.7");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void What_was_written_is_read_again_and_reaches_the_plan()
    {
        TileCacheFile file = Written();
        TunedTiles read = file.Read()!;
        Assert.Equal(Tile, Assert.Single(read.Table!.Measured).Value);
        Assert.Contains(file.Path, read.Note, StringComparison.Ordinal);
        DevicePlan plan = DevicePlan.Decide(device, new() { Tiles = read });
        Assert.Equal(Tile, plan.Target.Tiles!.Measured[Key]);
        Assert.Equal("1 measured here", plan.Decisions.Single(d => d.What == "tiles").Choice);
    }

    [Fact]
    public void Options_are_completed_by_the_file_unless_they_name_tiles()
    {
        Written();
        DeviceOptions options = new() { TileCacheFolder = folder };
        Assert.Equal(Tile, TileCacheFile.Complete(options, device).Tiles!.Table!.Measured[Key]);
        TunedTiles own = new(null, "of the caller");
        Assert.Same(own, TileCacheFile.Complete(options with { Tiles = own }, device).Tiles);
        Assert.Null(TileCacheFile.Complete(options with { TileCacheFolder = "" }, device).Tiles);
    }

    [Fact]
    public void Tiles_of_another_family_are_left_out_of_the_plan()
    {
        DevicePlan plan = DevicePlan.Decide(device, new() { Tiles = Written().Read(), Matrix = MatrixFamily.Tiled });
        Assert.Empty(plan.Target.Tiles!.Measured);
    }

    [Theory]
    [InlineData("{}", "is damaged")]
    [InlineData("null", "is damaged")]
    [InlineData("", "is damaged")]
    [InlineData("{\"version\": 1", "is damaged")]
    [InlineData("\"version\": 1->\"version\": 2", "has format 2, this engine reads 1")]
    [InlineData("\"Gather\"->\"Sideways\"", "is damaged")]
    [InlineData("\"engine\": \"->\"engine\": \"x", "was measured with other shaders")]
    public void A_file_that_cannot_be_used_is_ignored_with_a_note(string damage, string expected)
    {
        TileCacheFile file = Written();
        string[] change = damage.Split("->");
        File.WriteAllText(file.Path, change.Length == 2 ? File.ReadAllText(file.Path).Replace(change[0], change[1], StringComparison.Ordinal) : damage);
        TunedTiles read = file.Read()!;
        Assert.Null(read.Table);
        Assert.Contains(expected, read.Note, StringComparison.Ordinal);
        PlanDecision decision = DevicePlan.Decide(device, new() { Tiles = read }).Decisions.Single(d => d.What == "tiles");
        Assert.Equal(("default table", read.Note), (decision.Choice, decision.Reason));
    }

    [Fact]
    public void Another_driver_has_another_file_and_deleting_forgets()
    {
        TileCacheFile file = Written();
        Assert.Null(TileCacheFile.For(device with { DriverVersion = device.DriverVersion + 1 }, folder)!.Read());
        Assert.Null(TileCacheFile.For(device, ""));
        Assert.True(file.Delete());
        Assert.False(file.Delete());
        Assert.Null(file.Read());
        Assert.Empty(Directory.GetFiles(folder));
    }

    private TileCacheFile Written()
    {
        TileCacheFile file = TileCacheFile.For(device, folder)!;
        file.Write(device, new(MatrixFamily.Gather, ImmutableDictionary<string, MatrixTile>.Empty.Add(Key, Tile)));
        return file;
    }
}
