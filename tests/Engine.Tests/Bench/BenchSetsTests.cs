using Hummingbird.Vulkan.Bench.Kernels;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Kernels;
using Hummingbird.Vulkan.Kernels.Cases;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Bench;

public class BenchSetsTests
{
    private static readonly StorageTypes Storage = new(DType.F32, DType.F16);

    [Theory]
    [InlineData(DType.F32)]
    [InlineData(DType.F16)]
    public void The_model_s_rows_are_all_operations_of_its_graphs_counted_once(DType activations)
    {
        StorageTypes storage = new(activations, DType.F16);
        PublishedModel model = PublishedModels.Get("hummingbird-0.7b");
        BenchRow[] rows = [.. BenchSets.Of(BenchSets.Model, storage)];
        ComputeGraph[] graphs = [.. BenchSets.Graphs(model, storage, new(16, 40, 64, 4))];
        Assert.Equal(rows.Length, rows.Select(r => r.Id).Distinct().Count());
        Assert.Equal(graphs.Sum(g => g.Nodes.Length), rows.Sum(r => r.Uses.Sum(u => u.Count)));
        foreach (ComputeGraph graph in graphs)
        {
            double flops = rows.Sum(r => r.Uses.Where(u => u.Graph == graph.Name).Sum(u => u.Count) * r.Cost.Flops);
            Assert.Equal(1, flops / graph.Cost.Flops, 9);
        }

        Assert.True(rows[0].Cost.Flops * rows[0].Uses.Sum(u => u.Count) > rows[^1].Cost.Flops * rows[^1].Uses.Sum(u => u.Count));
    }

    [Fact]
    public void Conformance_rows_are_the_suite_and_goals_have_goals()
    {
        Assert.Equal(ConformanceCases.All.Select(c => c.Id), BenchSets.Of(BenchSets.Conformance, Storage).Select(r => r.Id));
        Assert.All(BenchSets.Of(BenchSets.Goals, Storage), row => Assert.True(row.Goal > 0));
    }

    public static TheoryData<string> Sampled => ["matmul", "geglu", "conv2d", "conv3d", "spatial", "temporal", "cross"];

    [Theory]
    [MemberData(nameof(Sampled))]
    public void A_part_of_a_big_row_is_what_the_reference_makes_of_the_whole(string name)
    {
        BenchRow row = new("test", Big(name), []);
        HostTensor?[] inputs = Operands.Draw(row);
        Expectation part = Expectation.Of(row, inputs);
        HostTensor whole = new(row.Output(row.Case.Specs()).Shape);
        row.Case.Kernel.Reference(inputs, whole);
        Assert.NotNull(part.Indices);
        Assert.InRange(part.Values.Length, 128, whole.Data.Length / 4);
        Assert.True(part.Nmse(whole.Data) < 1e-12, $"{part.How}: {part.Nmse(whole.Data)}");
        float[] wrong = [.. whole.Data];
        wrong[part.Indices[^1]] += 1;
        Assert.True(part.Nmse(wrong) > 1e-7);
    }

    [Fact]
    public void Operands_are_drawn_by_the_row_s_id_with_the_variance_asked_for()
    {
        BenchRow row = new("test", Big("matmul"), []);
        HostTensor?[] inputs = Operands.Draw(row);
        Assert.Equal(inputs[0]!.Data, Operands.Draw(row)[0]!.Data);
        Assert.InRange(inputs[0]!.Data.Average(v => (double)v * v), 0.97, 1.03);
        Assert.InRange(inputs[1]!.Data.Average(v => (double)v * v) * 320, 0.97, 1.03);
        Assert.All(inputs[1]!.Data, v => Assert.Equal((float)(Half)v, v));
    }

    private static ConformanceCase Big(string name)
    {
        CaseInput none = CaseInput.Absent, tokens = CaseInput.X([1, 2, 20, 32, 128], paddingColumns: 256);
        return name switch
        {
            "matmul" => Case(new MatMul(Activation.Silu), CaseInput.X([1, 1, 40, 64, 320]), CaseInput.W([256, 320]), CaseInput.P([256]), CaseInput.P([4, 256]), CaseInput.X([1, 1, 40, 64, 256], paddingColumns: 8)),
            "geglu" => Case(new MatMul(Activation.Geglu), CaseInput.X([1, 1, 40, 64, 320]), CaseInput.W([256, 320]), CaseInput.P([256]), none, none),
            "conv2d" => Case(new Conv2d(), CaseInput.X([1, 2, 16, 16, 64]), CaseInput.W([512, 3, 3, 96]), CaseInput.P([512]), none, none, CaseInput.X([1, 2, 16, 16, 32])),
            "conv3d" => Case(new Conv3d(3, 1, 1), CaseInput.X([1, 4, 16, 16, 160]), CaseInput.W([512, 3, 1, 1, 160]), none, none, none),
            "spatial" => Case(new Attention(4, AttentionAxis.Spatial), tokens, tokens, tokens),
            "temporal" => Case(new Attention(4, AttentionAxis.Temporal), [.. Enumerable.Repeat(CaseInput.X([1, 64, 16, 16, 128]), 3)]),
            _ => Case(new Attention(4, AttentionAxis.Cross), CaseInput.X([1, 8, 20, 32, 128]), CaseInput.X([1, 128, 128]), CaseInput.X([1, 128, 128])),
        };
    }

    private static ConformanceCase Case(Kernel kernel, params CaseInput[] inputs) => new(kernel, DType.F32, kernel is Attention ? DType.F32 : DType.F16, [.. inputs]);
}
