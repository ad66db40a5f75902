using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Kernels;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Graph;

public sealed class SubmitPlanTests
{
    private static readonly DeviceRate Rate = new(1e9, 1e12, 0);

    [Fact]
    public void Short_nodes_are_gathered_up_to_the_aim()
    {
        SubmitPlan plan = SubmitPlan.Create([new(2e7, 0), new(2e7, 0), new(2e7, 0), new(1e7, 0)], Rate, aimSeconds: 0.05);
        Assert.Equal([(0, 2), (2, 2)], plan.Submits.Select(s => (s.First, s.Count)));
        Assert.All(plan.Submits, s => Assert.True(s.Seconds <= 0.05));
    }

    [Fact]
    public void A_long_node_stands_alone_and_is_cut()
    {
        SubmitPlan plan = SubmitPlan.Create([new(1e6, 0), new(2.4e8, 0), new(1e6, 0)], Rate, aimSeconds: 0.05);
        Assert.Equal([(0, 1), (1, 1), (2, 1)], plan.Submits.Select(s => (s.First, s.Count)));
        Assert.Equal([1, 5, 1], plan.Parts);
        Assert.Equal(5, plan.PartsOf(plan.Submits[1]));
    }

    [Fact]
    public void A_slower_device_gets_shorter_submits()
    {
        Cost[] costs = [.. Enumerable.Repeat(new Cost(1e7, 1e6), 40)];
        int fast = SubmitPlan.Create(costs, Rate, 0.05).Submits.Length;
        SubmitPlan slow = SubmitPlan.Create(costs, Rate.SlowedBy(20), 0.05);
        Assert.True(slow.Submits.Length > fast);
        Assert.All(slow.Submits, s => Assert.True(s.Seconds / slow.PartsOf(s) <= 0.0501, $"{s}"));
        Assert.Equal(costs.Length, slow.Submits.Sum(s => s.Count));
    }
}
