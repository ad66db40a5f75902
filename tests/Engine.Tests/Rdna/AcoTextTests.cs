using Hummingbird.Vulkan.Bench.Rdna;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Rdna;

/// <summary>Reading the compiler's text; tests/data/aco holds two of RADV 25.0.7 for gfx1151, word for word.</summary>
public sealed class AcoTextTests
{
    // Two loops, one in the other, and what stands between and behind them.
    private const string Nested =
        """
        BB0
        /* logical preds: / linear preds: / kind: uniform, top-level, loop-preheader, */
        	 v1: %1 = v_mov_b32 0
        BB1
        /* logical preds: BB0, BB4, / linear preds: BB0, BB4, / kind: uniform, loop-preheader, loop-header, */
        	 v1: %2 = ds_read_b128 %1
        BB2
        /* logical preds: BB1, BB2, / linear preds: BB1, BB2, / kind: loop-header, branch, */
        	 v8: %3 = v_wmma_f32_16x16x16_f16 %1, %2, %3
        	 v1: %4 = v_pk_fma_f16 %1, %1, %1
        	 v1: %5,  s1: (kill)%6:vcc = v_add_co_u32_e64 %1, %1
        BB3
        /* logical preds: BB2, / linear preds: BB2, / kind: uniform, loop-exit, */
        	 v1: %7 = v_dot2_f32_f16 %1, %1, %1
        	p_cbranch_z %8:scc BB1, BB4
        BB4
        /* logical preds: BB3, / linear preds: BB3, / kind: uniform, top-level, loop-exit, */
        	global_store_short %1, %2
        	s_endpgm
        """;

    [Fact]
    public void Operations_are_counted_by_loop_depth()
        => Assert.Equal(
            [
                new OperationCount("ds_read_b128", 1, 1),
                new OperationCount("global_store_short", 0, 1),
                new OperationCount("s_endpgm", 0, 1),
                new OperationCount("v_add_co_u32", 2, 1),
                new OperationCount("v_dot2_f32_f16", 1, 1),
                new OperationCount("v_mov_b32", 0, 1),
                new OperationCount("v_pk_fma_f16", 2, 1),
                new OperationCount("v_wmma_f32_16x16x16_f16", 2, 1),
            ],
            AcoText.CountOperations(Nested));

    [Theory]
    [InlineData("embedding.f32", "global_load_dword", 0, 1)]
    [InlineData("embedding.f32", "global_load_dword", 1, 3)]
    [InlineData("embedding.f32", "v_add_f32", 1, 1)]
    [InlineData("embedding.f32", "global_store_dword", 1, 1)]
    [InlineData("layer_norm.f16", "global_load_ushort", 1, 3)]
    [InlineData("layer_norm.f16", "v_fma_mix_f32", 1, 3)]
    [InlineData("layer_norm.f16", "v_rsq_f32", 0, 1)]
    [InlineData("layer_norm.f16", "ds_write_b64", 0, 2)]
    public void Recorded_texts_hold_what_a_reader_counts(string shader, string operation, int depth, int count)
    {
        string text = File.ReadAllText(Path.Combine(TestData.Root, "tests", "data", "aco", $"{shader}.txt"));
        Assert.Contains(new OperationCount(operation, depth, count), AcoText.CountOperations(text));
        Assert.DoesNotContain(AcoText.CountOperations(text), c => c.LoopDepth > 1 || c.Operation.StartsWith("p_", StringComparison.Ordinal));
    }

    [Fact]
    public void Statistics_are_found_by_the_names_of_the_driver()
    {
        Dictionary<string, double> named = new()
        {
            ["VGPRs"] = 96, ["SGPRs"] = 128, ["LDS size"] = 8704, ["Subgroups per SIMD"] = 10, ["Spilled VGPRs"] = 3, ["Spilled SGPRs"] = 4,
            ["Scratch size"] = 64, ["Code size"] = 8700, ["Latency"] = 15089, ["Inverse Throughput"] = 5928,
        };
        ShaderStatistics statistics = ShaderStatistics.From(new(named, AcoText.CountOperations(Nested)));
        Assert.Equal((96, 128, 8704, 10, 7), (statistics.Vgprs, statistics.Sgprs, statistics.LdsInBytes, statistics.Waves, statistics.Spills));
        Assert.Equal((64, 8700, 15089.0, 5928.0), (statistics.ScratchInBytes, statistics.CodeInBytes, statistics.Latency, statistics.InverseThroughput));
        Assert.Equal((1, 1, 0), (statistics.MatrixOperations, statistics.Count("v_dot2"), statistics.HalfwordLoads));

        named.Remove("LDS size");
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => ShaderStatistics.From(new(named, [])));
        Assert.StartsWith("The driver reports no 'LDS size', only VGPRs, ", error.Message);
    }
}
