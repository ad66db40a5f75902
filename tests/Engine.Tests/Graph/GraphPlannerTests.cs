using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Graph;

/// <summary>The memory ladder of the real networks at full size, on paper: no weight is read, no device is needed.</summary>
public sealed class GraphPlannerTests
{
    private const long MiB = 1 << 20, GiB = 1 << 30;

    private static readonly KernelTarget Processor = new(8, MatrixFamily.Gather, IsCpu: true, WinogradTile: 4);

    private static readonly Lazy<ComputeGraph> Step = new(() => StepOf(16));

    [Fact]
    public void Every_rung_fits_its_budget_and_gives_up_more()
    {
        (long Budget, string? Saved)[] ladder = [(4 * GiB, null), (2304 * MiB, "small tiles"), (2 * GiB, "no Winograd"), (1536 * MiB, "loaded"), (GiB, "loaded"), (512 * MiB, "loaded")];
        long streamed = -1;
        foreach ((long budget, string? saved) in ladder)
        {
            GraphPlanner planner = new(Processor, GiB, budget);
            GraphLayout layout = planner.Plan(Step.Value);
            Assert.True(planner.Fits(layout), $"{layout.TotalInBytes} bytes planned for {budget}");
            Assert.Contains(saved ?? "", string.Join(';', layout.Savings), StringComparison.Ordinal);
            Assert.Equal(saved is null, layout.Savings.IsEmpty);
            Assert.True(layout.Stream is null == (saved != "loaded"));
            Assert.True((layout.Stream?.LoadedInBytes ?? -1) >= streamed, "a smaller budget loads at least as much");
            streamed = layout.Stream?.LoadedInBytes ?? -1;
        }
    }

    [Fact]
    public void What_is_too_little_is_said_with_what_is_missing()
    {
        using ModelFolder model = PublishedModels.Get("hummingbird-0.7b").Open(1);
        GenerationRequest request = new("waves", "", 1, 4, 16, 8, 512, 320, 7.5, "lcm");
        GenerationPlan plan = GenerationPlan.Create(request, model, StorageTypes.Half, new(Processor, GiB, 256 * MiB));
        BudgetException error = Assert.Throws<BudgetException>(plan.CheckBudget);
        Assert.Contains($"{(plan.MissingInBytes >> 20) + 1} MiB are missing", error.Message, StringComparison.Ordinal);
        GenerationPlan.Create(request, model, StorageTypes.Half, new(Processor, GiB, 256 * MiB + plan.MissingInBytes)).CheckBudget();
    }

    [Theory]
    [InlineData(16)]
    [InlineData(26)]
    public void No_block_is_larger_than_a_gibibyte(int frames)
    {
        GraphLayout layout = GraphLayout.Create(frames == 16 ? Step.Value : StepOf(frames), Processor, GiB);
        Assert.All(layout.Weights.Blocks.Concat(layout.Activations.Blocks), size => Assert.InRange(size, 1, GiB));
    }

    [Fact]
    public void Windows_hold_what_their_nodes_read_and_no_more_than_asked()
    {
        int[][] reads = [[], [1], [2, 3], [], [1], [4], [5]];
        Dictionary<int, long> sizes = new() { [1] = 1000, [2] = 1000, [3] = 1000, [4] = 5000, [5] = 256 };
        WeightStream stream = WeightStream.Create(reads, sizes, windowInBytes: 3072);
        Assert.Equal([1, 5, 6], stream.Windows.Select(w => w.FirstNode));
        for (int node = 1; node < reads.Length; node++)
        {
            WeightWindow window = stream.Windows[stream.WindowOf(node)];
            Assert.All(reads[node], weight => Assert.True(window.Offsets[weight] + sizes[weight] <= window.SizeInBytes));
        }

        Assert.Equal(-1, stream.WindowOf(0));
        Assert.Equal([3072, 5120, 256], stream.Windows.Select(w => w.SizeInBytes));
        Assert.Equal(3072 + 5120, stream.SizeInBytes);
    }

    [Theory]
    [InlineData(40, 48)]
    [InlineData(64, 24)]
    [InlineData(65, 16)]
    [InlineData(17, 16)]
    public void Tiles_cover_a_frame_and_their_weights_never_vanish(int length, int tile)
    {
        int[] starts = FrameTiles.Starts(length, tile);
        Assert.Equal(0, starts[0]);
        Assert.Equal(Math.Max(length, tile), starts[^1] + tile);
        Assert.All(starts.Zip(starts.Skip(1)), pair => Assert.InRange(pair.Second - pair.First, 1, tile - (tile / 4)));
        float[] sums = new float[Math.Max(length, tile)];
        foreach (int start in starts)
        {
            float[] weights = FrameTiles.Weights(tile, tile / 4, start == 0, start == starts[^1]);
            for (int i = 0; i < tile; i++)
            {
                sums[start + i] += weights[i];
            }
        }

        Assert.All(sums, s => Assert.True(s > 0.4f, $"{s}"));
    }

    private static ComputeGraph StepOf(int frames)
    {
        PublishedModel published = PublishedModels.Get("hummingbird-0.7b");
        UNet unet = new(published.UNet, new WeightScope(published.RandomUNet(1)));
        return StepGraph.Build(unet, StorageTypes.Half, new(frames, 40, 64, 4), new([], null, 77, 1024));
    }
}
