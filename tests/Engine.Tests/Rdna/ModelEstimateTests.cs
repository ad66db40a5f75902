using Hummingbird.Vulkan.Bench.Rdna;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Kernels;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Rdna;

public sealed class ModelEstimateTests
{
    private static readonly RdnaHardware TenUnits = new("a chip", ComputeUnits: 10, ClockGHz: 1, "memory", BandwidthGBps: 100, HasMatrixCores: true);
    private static readonly PublishedModel Model = PublishedModels.Get("hummingbird-0.7b");

    public static TheoryData<string> Targets() => [.. RdnaTarget.All.Select(t => t.Name)];

    [Fact]
    public void A_subgroup_runs_as_long_as_its_multiply_adds_take()
    {
        // 100 in a loop that the compiler turns 8 times, on 32 lanes, two operations each.
        DispatchModel model = new(Fabricated.Statistics(new OperationCount("v_fma_f32", 1, 100)), TenUnits, lanes: 32);
        Assert.Equal(100 * 8 * 32 * 2, model.FlopsInLoops);
        Assert.Equal(1, model.LoopShare);
        Assert.Equal(1, model.Stretch(model.FlopsInLoops), 12);
        Assert.Equal(20, model.Stretch(20 * model.FlopsInLoops), 12);
    }

    [Fact]
    public void What_stands_outside_of_loops_is_not_stretched()
    {
        // 80 instructions outside, 10 * 8 inside: half of the cycles each.
        DispatchModel model = new(Fabricated.Statistics(new("v_mov_b32", 0, 80), new("v_fma_f32", 1, 10)), TenUnits, lanes: 32);
        Assert.Equal(0.5, model.LoopShare, 12);
        Assert.Equal(0.5 + (0.5 * 3), model.Stretch(3 * model.FlopsInLoops), 12);
    }

    [Theory]
    [InlineData("v_wmma_f32_16x16x16_f16", 8192)]
    [InlineData("v_pk_fma_f16", 128)]
    [InlineData("v_fma_mix_f32", 64)]
    [InlineData("v_fma_f32", 64)]
    [InlineData("v_add_f32", 0)]
    public void Multiply_adds_count_as_what_they_multiply(string operation, double flops)
        => Assert.Equal(flops, new DispatchModel(Fabricated.Statistics(new OperationCount(operation, 0, 1)), TenUnits, lanes: 32).FlopsOutside);

    [Fact]
    public void Waves_share_the_simds_and_none_is_done_before_its_latency()
    {
        DispatchModel model = new(Fabricated.Statistics(new OperationCount("v_mov_b32", 0, 1)), TenUnits, lanes: 32);

        // 1000 cycles for 64 invocations are 500 for a wave of 32; 20 SIMDs at 1 GHz; 4 waves a workgroup.
        Assert.Equal(200 * 500e-9, model.Seconds(new Workgroups(1000), workgroupSize: 128, flops: null), 12);
        Assert.Equal(201 * 500e-9, model.Seconds(new Workgroups(1001), workgroupSize: 128, flops: null), 12);
        Assert.Equal(8000e-9, model.Seconds(new Workgroups(1), workgroupSize: 128, flops: null), 12);
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void A_generation_is_its_graphs_as_often_as_they_run(string name)
    {
        RdnaTarget target = RdnaTarget.Get(name);
        ModelEstimate four = Estimate(target, steps: 4), eight = Estimate(target, steps: 8);
        Assert.Equal([("text_encoder", 1), ("conditioning", 1), ("step", 4), ("vae_decode", 16)], four.Graphs.Select(g => (g.Name, g.Runs)));
        GraphEstimate step = four.Graphs[2], decode = four.Graphs[3];
        Assert.InRange(step.Flops / 1e12, 7.9, 8.0);      // 7.96 with the prompt's keys and values, which are in another graph
        Assert.InRange(decode.Flops / 1e12, 1.55, 1.58);
        Assert.Equal(step.Seconds, step.ByKernel.Sum(k => k.Seconds), 9);
        Assert.InRange(step.MemoryBoundShare, 0, 1);
        Assert.Equal(four.Seconds + (4 * step.Seconds), eight.Seconds, 2);
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void Every_assumption_is_printed_with_its_number(string name)
    {
        RdnaTarget target = RdnaTarget.Get(name);
        string text = RdnaReport.Markdown(Estimate(target, steps: 4));
        Assert.All(
            [$"{target.Hardware.ComputeUnits} compute units", $"{target.Hardware.ClockGHz} GHz", $"{target.Hardware.BandwidthGBps} GB/s", "5 us between", "8 turns", "not a promise"],
            (string words) => Assert.Contains(words, text));
    }

    [Fact]
    public void A_variant_that_was_not_compiled_is_named()
    {
        RdnaTarget target = RdnaTarget.Get("gfx1151");
        ArgumentException error = Assert.Throws<ArgumentException>(() => ModelEstimate.Create(target, Model, new Dictionary<string, ShaderStatistics>()));
        Assert.Contains("was not compiled", error.Message);
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void Targets_agree_with_their_snapshots(string name)
    {
        RdnaTarget target = RdnaTarget.Get(name);
        Assert.Equal(target.HasMatrixCores, target.Snapshot().CooperativeMatrices.Length > 0);
        Assert.Equal(DType.F16, target.Plan().ActivationType);
        Assert.NotEqual(0, target.Plan().RequiredSubgroupSize);
    }

    private static ModelEstimate Estimate(RdnaTarget target, int steps)
    {
        ShaderStatistics same = Fabricated.Statistics(new OperationCount("v_fma_f32", 1, 100));
        Dictionary<string, ShaderStatistics> statistics = ShaderVariant.OfModel(target.Plan(), Model).ToDictionary(v => v.Name, _ => same);
        return ModelEstimate.Create(target, Model, statistics, steps: steps);
    }
}
