using System.Collections.Immutable;
using Hummingbird.Vulkan.Bench.Rdna;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Rdna;

public sealed class RdnaBudgetTests
{
    private static readonly RdnaBudget Budget = new(
        1.05,
        [new("", "for all"), new("matmul", "tiles", MinWaves: 12), new("matmul.coopmat", "matrix cores", MinWaves: 4, MinMatrixOperations: 2)],
        ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, double>>.Empty
            .Add("gfx1151", ImmutableSortedDictionary<string, double>.Empty.Add("matmul.tiled, an operation of matmul.tiled", 1000).Add("group_norm, an operation of group_norm", 1000))
            .Add("rembrandt", ImmutableSortedDictionary<string, double>.Empty.Add("matmul.tiled, an operation of matmul.tiled", 2000)));

    [Fact]
    public void What_was_recorded_holds()
        => Assert.Empty(Budget.Violations(Fabricated.Table("gfx1151", Fabricated.Row("matmul.tiled", 128, Fabricated.Statistics()))));

    [Fact]
    public void A_slowdown_within_the_tolerance_holds_and_one_beyond_does_not()
    {
        ShaderStatistics slower = Fabricated.Statistics() with { InverseThroughput = 1050 }, tooSlow = slower with { InverseThroughput = 1051 };
        Assert.Empty(Budget.Violations(Fabricated.Table("gfx1151", Fabricated.Row("group_norm", 256, slower))));
        Assert.Equal(
            ["gfx1151 group_norm(256): inverse throughput 1051, recorded 1000, at most 1050 (an operation of group_norm)"],
            Budget.Violations(Fabricated.Table("gfx1151", Fabricated.Row("group_norm", 256, tooSlow))));
    }

    [Fact]
    public void Spills_scratch_occupancy_and_shared_memory_are_each_named()
    {
        ShaderStatistics bad = Fabricated.Statistics() with { Spills = 2, ScratchInBytes = 128, Waves = 7, LdsInBytes = 40_000, Vgprs = 200 };
        ImmutableArray<string> violations = Budget.Violations(Fabricated.Table("phoenix", Fabricated.Row("layer_norm", 256, bad, isInModel: false)));
        Assert.Equal(
            [
                "phoenix layer_norm(256): 2 registers spilled, at most 0 (all shaders: for all)",
                "phoenix layer_norm(256): 128 bytes of scratch, at most 0 (all shaders: for all)",
                "phoenix layer_norm(256): 7 waves on a SIMD (200 VGPRs, 40000 bytes of LDS), at least 8 (all shaders: for all)",
                "phoenix layer_norm(256): 40000 bytes of LDS, at most 32768 (all shaders: for all)",
            ],
            violations);
    }

    [Theory]
    [InlineData("matmul.tiled", 11, 0, false)]
    [InlineData("matmul.tiled", 12, 0, true)]
    [InlineData("matmul.coopmat.f16", 4, 2, true)]
    [InlineData("matmul.coopmat.f16", 4, 1, false)]
    [InlineData("conv2d.tiled", 8, 0, true)]
    public void The_rule_with_the_longest_prefix_counts(string shader, int waves, int matrixOperations, bool isHeld)
    {
        ShaderStatistics statistics = Fabricated.Statistics(new OperationCount("v_wmma_f32_16x16x16_f16", 1, matrixOperations)) with { Waves = waves };
        Assert.Equal(isHeld, Budget.Violations(Fabricated.Table("gfx1151", Fabricated.Row(shader, 1, statistics, isInModel: false))).IsEmpty);
    }

    [Fact]
    public void Chips_without_matrix_cores_need_no_matrix_operations()
        => Assert.Empty(Budget.Violations(Fabricated.Table("rembrandt", Fabricated.Row("matmul.coopmat.f16", 1, Fabricated.Statistics(), isInModel: false))));

    [Fact]
    public void Constants_numbered_anew_are_the_same_operation()
    {
        ShaderStatistics tooSlow = Fabricated.Statistics() with { InverseThroughput = 1051 };
        Assert.Contains("recorded 1000", Assert.Single(Budget.Violations(Fabricated.Table("gfx1151", Fabricated.Row("group_norm", 77, tooSlow)))));
    }

    [Fact]
    public void What_the_model_runs_and_nobody_recorded_is_named()
    {
        RdnaRow fresh = Fabricated.Row("elementwise", 256, Fabricated.Statistics());
        RdnaTable table = Fabricated.Table("gfx1151", fresh, Fabricated.Row("group_norm", 256, Fabricated.Statistics()), Fabricated.Row("to_rgb8", 256, Fabricated.Statistics(), isInModel: false));
        Assert.Equal([fresh.Variant], Budget.Unrecorded(table));
        Assert.Empty(Budget.Violations(table));
    }

    [Fact]
    public void Recording_keeps_the_rules_and_the_other_targets()
    {
        RdnaTable table = Fabricated.Table("gfx1151", Fabricated.Row("elementwise", 256, Fabricated.Statistics()), Fabricated.Row("to_rgb8", 256, Fabricated.Statistics(), isInModel: false));
        RdnaBudget updated = RdnaBudget.Parse(Budget.Updated([table]).ToJson());
        Assert.Equal(Budget.Rules, updated.Rules);
        Assert.Equal([KeyValuePair.Create("elementwise, an operation of elementwise", 1000.0)], updated.Recorded["gfx1151"]);
        Assert.Equal(Budget.Recorded["rembrandt"], updated.Recorded["rembrandt"]);
        Assert.Empty(updated.Unrecorded(table));
    }

    [Fact]
    public void The_budget_of_the_checkout_is_written_as_the_program_writes_it()
    {
        string text = File.ReadAllText(Path.Combine(TestData.Root, RdnaBudget.FileName));
        RdnaBudget budget = RdnaBudget.Parse(text);
        Assert.Equal(text.ReplaceLineEndings("\n"), budget.ToJson());
        Assert.Equal(RdnaTarget.All.Select(t => t.Name).Order(), budget.Recorded.Keys);
    }
}
