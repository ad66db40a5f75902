using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Kernels;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Graph;

public sealed class SubmitPlanTests
{
    [Fact]
    public void Short_nodes_are_gathered_up_to_the_aim()
    {
        SubmitPlan plan = SubmitPlan.Create([0.02, 0.02, 0.02, 0.01], aimSeconds: 0.05);
        Assert.Equal([(0, 2), (2, 2)], plan.Submits.Select(s => (s.First, s.Count)));
        Assert.All(plan.Submits, s => Assert.True(s.Seconds <= 0.05));
    }

    [Fact]
    public void A_long_node_stands_alone_and_is_cut()
    {
        SubmitPlan plan = SubmitPlan.Create([0.001, 0.24, 0.001], aimSeconds: 0.05);
        Assert.Equal([(0, 1), (1, 1), (2, 1)], plan.Submits.Select(s => (s.First, s.Count)));
        Assert.Equal([1, 5, 1], plan.Parts);
        Assert.Equal(5, plan.PartsOf(plan.Submits[1]));
        Assert.False(plan.CutsAs(SubmitPlan.Create([0.001, 0.26, 0.001], 0.05)));
        Assert.True(plan.CutsAs(SubmitPlan.Create([0.002, 0.23, 0.001], 0.05)));
    }

    [Fact]
    public void What_must_begin_a_submit_does()
        => Assert.Equal([(0, 2), (2, 1), (3, 1)],
            SubmitPlan.Create([0.001, 0.001, 0.001, 0.001], 0.05, new HashSet<int> { 2, 3 }).Submits.Select(s => (s.First, s.Count)));

    [Fact]
    public void A_slower_device_gets_shorter_submits()
    {
        double[] seconds = [.. Enumerable.Repeat(0.01, 40)];
        int fast = SubmitPlan.Create(seconds, 0.05).Submits.Length;
        SubmitPlan slow = SubmitPlan.Create([.. seconds.Select(s => 20 * s)], 0.05);
        Assert.True(slow.Submits.Length > fast);
        Assert.All(slow.Submits, s => Assert.True(s.Seconds / slow.PartsOf(s) <= 0.0501, $"{s}"));
        Assert.Equal(seconds.Length, slow.Submits.Sum(s => s.Count));
    }

    [Theory]
    [InlineData(7, 1, 1, 3)]
    [InlineData(5, 1, 20, 64)]
    [InlineData(3, 2, 4, 1000)]
    [InlineData(1, 1, 1, 9)]
    public void Pieces_cover_a_dispatch_once(int x, int y, int z, int parts)
    {
        HashSet<(int, int, int)> covered = [];
        int pieces = 0;
        long largest = 0;
        foreach ((Workgroups start, Workgroups groups) in DispatchPieces.Of(new(x, y, z), parts))
        {
            pieces++;
            largest = Math.Max(largest, groups.Count);
            for (int i = 0; i < groups.X; i++)
            {
                for (int j = 0; j < groups.Y; j++)
                {
                    for (int k = 0; k < groups.Z; k++)
                    {
                        Assert.True(covered.Add((start.X + i, start.Y + j, start.Z + k)));
                    }
                }
            }
        }

        Assert.Equal(x * y * z, covered.Count);
        Assert.True(pieces >= Math.Min(parts, x * y * z) / 2, $"{pieces} pieces");
        Assert.True(parts < x * y * z || largest == 1);
    }

    [Fact]
    public void What_a_kernel_took_changes_what_is_expected_of_it_and_of_the_unknown()
    {
        Pace pace = new(new(1e8, 1e7, 0));
        Node product = NodeOf(new MatMul(), [64, 1024], [1024, 1024]), other = NodeOf(new LayerNorm(), [64, 1024], [1024], [1024]);
        Assert.Equal(4 * pace.Guess(product), pace.Seconds(product, MatrixPlan), 9);
        pace.Learn("matmul", pace.Guess(product), measured: 0.5 * pace.Guess(product));
        Assert.Equal(0.5 * pace.Guess(product), pace.Seconds(product, MatrixPlan), 9);
        Assert.Equal(0.5 * pace.Guess(other), pace.Seconds(other, PlanOf("layer_norm.f32")), 9);
        pace.Learn("layer_norm", pace.Guess(other), measured: 3 * pace.Guess(other));
        Assert.Equal(3 * pace.Guess(other), pace.Seconds(other, PlanOf("layer_norm.f32")), 9);
        Assert.Equal(3.0, pace.Seconds("conv2d", 1.0), 9);
    }

    [Fact]
    public void Kinds_of_one_kernel_are_told_apart_and_their_storage_is_not()
    {
        Assert.Equal("winograd_input+matmul+winograd_output", Pace.KindOf(PlanOf("winograd_input.f32", "matmul.ldv.f32w16", "winograd_output.f32")));
        Assert.NotEqual(Pace.KindOf(PlanOf("attention.f16")), Pace.KindOf(PlanOf("attention_wide.f16")));
        Assert.Equal(Pace.KindOf(PlanOf("matmul.tiled.f32")), Pace.KindOf(PlanOf("matmul.gather.f16", "matmul.gather.f16")));
    }

    [Fact]
    public void Long_dispatches_are_cut_and_short_ones_that_follow_each_other_share_a_submit()
    {
        Dispatch one = new("any", [], new(40), [], []);
        KernelPlan plan = new([one, one, one, one]);
        List<DispatchPiece[]> submits = DispatchPieces.Submits(plan, [0.3, 0.6, 3.5, 0.1]);
        Assert.Equal([2, 1, 1, 1, 1, 1], submits.Select(s => s.Length));
        Assert.Equal([0, 2, 2, 2, 2, 3], submits.Select(s => s[0].Dispatch));
        Assert.Equal(40, submits.Skip(1).Take(4).Sum(s => s[0].Groups.Count));
    }

    [Fact]
    public void Nodes_of_a_kind_are_learned_from_together()
    {
        GraphBuilder g = new("test");
        Value x = g.Input("x", [64, 1024], DType.F32);
        g.Add(new MatMul(), "", [x, g.Input("w", [1024, 1024], DType.F32), null, null, null]);
        g.Add(new MatMul(), "", [x, g.Input("v", [16, 1024], DType.F32), null, null, null]);
        ComputeGraph graph = g.Build();
        Pace pace = new(new(1e8, 1e9, 0));
        double[] guesses = [.. graph.Nodes.Select(pace.Guess)];
        new PaceTally([MatrixPlan, MatrixPlan], guesses).Teach(pace, [guesses[0], 20 * guesses[1]]);
        Assert.Equal((guesses[0] + (20 * guesses[1])) / (guesses[0] + guesses[1]), pace.Seconds("matmul", 1.0), 9);
    }

    private static KernelPlan MatrixPlan => PlanOf("matmul.tiled.f32");

    private static KernelPlan PlanOf(params string[] shaders) => new([.. shaders.Select(s => new Dispatch(s, [], new(1), [], []))]);

    private static Node NodeOf(Kernel kernel, params Shape[] operands)
    {
        GraphBuilder g = new("test");
        Value?[] values = [.. operands.Select((shape, i) => (Value?)g.Input($"{i}", shape, DType.F32)), .. kernel is MatMul ? new Value?[3] : []];
        g.Add(kernel, "", values);
        return g.Build().Nodes[0];
    }
}
