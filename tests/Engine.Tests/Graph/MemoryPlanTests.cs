using Hummingbird.Vulkan.Engine.Graph;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Graph;

public sealed class MemoryPlanTests
{
    [Fact]
    public void Values_that_do_not_live_together_share_memory()
    {
        MemoryPlan plan = MemoryPlan.Create([new(0, 1000, 0, 1), new(1, 1000, 2, 3), new(2, 500, 0, 3)]);
        Assert.Equal(plan.Placements[0], plan.Placements[1]);
        Assert.Equal(1024 + 512, plan.TotalInBytes);
        Assert.Equal(plan.PeakAliveInBytes, plan.TotalInBytes);
    }

    [Fact]
    public void A_value_read_by_the_node_that_makes_another_does_not_share_with_it()
    {
        MemoryPlan plan = MemoryPlan.Create([new(0, 256, 0, 5), new(1, 256, 5, 6)]);
        Assert.NotEqual(plan.Placements[0], plan.Placements[1]);
    }

    [Fact]
    public void Blocks_stay_within_their_limit()
    {
        MemoryPlan plan = MemoryPlan.Create([new(0, 4096, 0, 9), new(1, 4096, 0, 9), new(2, 4096, 0, 9)], maxBlockInBytes: 8192);
        Assert.Equal([8192, 4096], plan.Blocks.Order().Reverse());
        Assert.Throws<InvalidOperationException>(() => MemoryPlan.Create([new(0, 8193, 0, 0)], maxBlockInBytes: 8192));
    }

    /// <summary>Many random lifetimes: nothing alive at the same time overlaps, offsets are aligned, and packing is near the lower bound.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Random_lifetimes_never_overlap(int seed)
    {
        uint state = (uint)seed * 2654435761u;
        int Next(int limit)
        {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            return (int)(state % (uint)limit);
        }

        List<Lifetime> lifetimes = [];
        for (int i = 0; i < 300; i++)
        {
            int first = Next(200);
            lifetimes.Add(new(i, 1 + Next(100_000), first, first + Next(12)));
        }

        MemoryPlan plan = MemoryPlan.Create(lifetimes, maxBlockInBytes: 1 << 20);
        foreach (Lifetime a in lifetimes)
        {
            Placement pa = plan.Placements[a.Key];
            Assert.Equal(0, pa.Offset % 256);
            Assert.True(pa.Offset + a.SizeInBytes <= plan.Blocks[pa.Block]);
            foreach (Lifetime b in lifetimes.Where(b => b.Key > a.Key && a.First <= b.Last && b.First <= a.Last))
            {
                Placement pb = plan.Placements[b.Key];
                Assert.True(pa.Block != pb.Block || pa.Offset + a.SizeInBytes <= pb.Offset || pb.Offset + b.SizeInBytes <= pa.Offset, $"{a} overlaps {b}");
            }
        }

        Assert.True(plan.TotalInBytes < 1.5 * plan.PeakAliveInBytes, $"{plan.TotalInBytes} bytes planned, {plan.PeakAliveInBytes} alive at most.");
    }
}
