using System.Collections.Immutable;
using Xunit;

namespace Hummingbird.Vulkan.Kernels.Tests;

public class TileTableTests
{
    private static readonly KernelTarget Cpu = new(SubgroupSize: 8, MatrixFamily.Gather, IsCpu: true);
    private static readonly KernelTarget LoadVector = new(SubgroupSize: 8, MatrixFamily.LoadVector, IsCpu: true);
    private static readonly KernelTarget Gpu = new(SubgroupSize: 32, MatrixFamily.Tiled);
    private static readonly MatrixProblem Linear = new("matmul", DType.F32, DType.F16, 2560, 320, 0, 320, IsGeglu: false);

    [Theory]
    [InlineData(1, 8, 32, 4, 32)]
    [InlineData(4, 8, 32, 4, 32)]
    [InlineData(5, 8, 32, 8, 32)]
    [InlineData(9, 8, 32, 12, 32)]
    [InlineData(36, 8, 32, 12, 32)]
    [InlineData(40, 8, 32, 20, 32)] // two tiles, not three and a third
    [InlineData(41, 8, 32, 12, 32)]
    [InlineData(9, 16, 32, 12, 64)]
    [InlineData(16, 8, 32, 16, 32)]
    [InlineData(17, 16, 32, 20, 64)]
    [InlineData(40, 16, 32, 40, 64)] // a tile of all rows
    [InlineData(2560, 16, 32, 20, 64)]
    [InlineData(2560, 16, 16, 16, 32)]
    [InlineData(9, 8, 16, 16, 16)]
    [InlineData(40, 8, 16, 16, 16)]
    public void Gathers_take_tiles_by_rows_lanes_and_registers(int rows, int lanes, int registers, int tileRows, int tileColumns)
        => Assert.Equal(
            new MatrixTile(MatrixFamily.Gather, tileRows, tileColumns),
            TileTable.Choose(Linear with { Rows = rows }, Cpu with { SubgroupSize = lanes, VectorRegisters = registers }));

    [Theory]
    [InlineData(8, 12)]
    [InlineData(16, 8)]
    public void Half_precision_of_sixteen_lanes_takes_few_rows(int lanes, int tileRows)
        => Assert.Equal(tileRows, TileTable.Choose(Linear with { Storage = DType.F16 }, Cpu with { SubgroupSize = lanes }).Rows);

    [Theory]
    [InlineData(3, 8)]
    [InlineData(8, 8)]
    [InlineData(9, 16)]
    [InlineData(16, 16)]
    [InlineData(17, 32)]
    public void Narrow_products_take_as_many_vectors_as_they_fill(int columns, int tileColumns)
    {
        Assert.All(
            new[] { Cpu, LoadVector },
            target => Assert.Equal(tileColumns, TileTable.Choose(Linear with { Columns = columns }, target).Columns));
        Assert.Equal(Math.Max(16, tileColumns), TileTable.Choose(Linear with { Columns = columns, IsGeglu = true }, Cpu).Columns);
    }

    [Theory]
    [InlineData(4, 320, 8, 4, 32)]
    [InlineData(5, 320, 8, 6, 32)]
    [InlineData(4, 320, 16, 4, 32)]
    [InlineData(5, 320, 16, 8, 32)]
    [InlineData(5, 16, 16, 8, 16)]
    [InlineData(5, 9, 8, 6, 16)]
    [InlineData(5, 8, 8, 6, 8)] // the last convolutions: 3 or 4 channels
    public void Loaded_vectors_take_few_rows_of_four_columns_a_lane_or_with_sixteen_lanes_more_of_two(int rows, int columns, int lanes, int tileRows, int tileColumns)
        => Assert.Equal(
            new MatrixTile(MatrixFamily.LoadVector, tileRows, tileColumns),
            TileTable.Choose(Linear with { Rows = rows, Columns = columns }, LoadVector with { SubgroupSize = lanes }));

    [Fact]
    public void Sums_of_loaded_vectors_fit_the_processors_registers()
    {
        KernelTarget avx2 = LoadVector with { VectorRegisters = 16 };
        Assert.Equal(new MatrixTile(MatrixFamily.LoadVector, 6, 16), TileTable.Choose(Linear, avx2));
        Assert.All(
            TileTable.Choices(MatrixFamily.LoadVector, Linear, avx2),
            tile => Assert.True(tile.Rows * (tile.Columns / avx2.SubgroupSize) <= 12, $"{tile}"));
    }

    [Theory]
    [InlineData(40, 320, 0, 8, 16)]
    [InlineData(40, 320, 0, 16, 16)]
    [InlineData(5, 320, 0, 8, 8)] // little work: a short step compiles sooner
    [InlineData(40, 304, 0, 8, 16)]
    [InlineData(40, 320, 24, 8, 8)]
    [InlineData(5, 32, 12, 8, 4)]
    [InlineData(5, 3, 0, 8, 1)]
    public void A_step_of_loaded_vectors_divides_the_channels_of_both_sources(int height, int channels, int second, int lanes, int step)
    {
        TensorSpec Pixels(int c) => new([1, height, 64, c], DType.F32);
        TensorSpec[] inputs =
        [
            Pixels(channels), new([32, 3, 3, channels + second], DType.F16), TensorSpec.Absent, TensorSpec.Absent, TensorSpec.Absent,
            second > 0 ? Pixels(second) : TensorSpec.Absent,
        ];
        KernelTarget target = LoadVector with { SubgroupSize = lanes };
        Assert.Equal(step, Assert.Single(new Conv2d().Plan(inputs, Pixels(32), target).Dispatches).Constants[^1]);
        PanelPacking packing = Assert.IsType<PanelPacking>(new Conv2d().Packing(1, inputs, target));
        Assert.Equal((9 * (channels + second), 4 * channels), (packing.Depth, packing.ZeroBytes));
    }

    [Theory]
    [InlineData(32, 8)] // 36 products of 256 x 32 x 32 are little work together, too
    [InlineData(128, 16)]
    public void A_batch_of_small_products_takes_the_step_of_its_sum(int channels, int step)
    {
        TensorSpec x = new([1, 1, 64, 64, channels], DType.F32);
        TensorSpec[] inputs =
        [
            x, new([32, 3, 3, channels], DType.F16), TensorSpec.Absent, TensorSpec.Absent, TensorSpec.Absent, TensorSpec.Absent,
        ];
        ImmutableArray<Dispatch> dispatches = new Conv2d().Plan(inputs, new([1, 1, 64, 64, 32], DType.F32), LoadVector with { WinogradTile = 4 }).Dispatches;
        Dispatch product = dispatches.First(d => d.Shader.StartsWith("matmul", StringComparison.Ordinal));
        Assert.Equal(step, product.Constants[^1]);
    }

    [Fact]
    public void What_was_measured_overrides_the_default_for_that_problem_alone()
    {
        MatrixTile winner = new(MatrixFamily.Gather, 8, 32);
        KernelTarget target = Cpu with { Tiles = Measured(winner) };
        Assert.Equal(winner, TileTable.Choose(Linear, target));
        Assert.Equal(TileTable.DefaultFor(Linear, Cpu), TileTable.Choose(Linear with { Columns = 640 }, target));
        Assert.Equal(TileTable.DefaultFor(Linear, target), TileTable.DefaultFor(Linear, Cpu));
    }

    [Theory]
    [InlineData(MatrixFamily.Gather, 5, 32)]
    [InlineData(MatrixFamily.Gather, 8, 24)]
    [InlineData(MatrixFamily.Gather, 16, 64)]
    [InlineData(MatrixFamily.Gather, 24, 32)]
    [InlineData(MatrixFamily.Tiled, 33, 64)]
    public void A_tile_that_no_shader_computes_is_not_used(MatrixFamily family, int rows, int columns)
        => Assert.Equal(TileTable.DefaultFor(Linear, Cpu), TileTable.Choose(Linear, Cpu with { Tiles = Measured(new(family, rows, columns)) }));

    [Fact]
    public void What_was_measured_for_one_family_does_not_count_for_another()
        => Assert.Equal(MatrixFamily.Tiled, TileTable.Choose(Linear, Gpu with { Tiles = Measured(new(MatrixFamily.Gather, 8, 64)) }).Family);

    [Fact]
    public void The_default_is_a_choice_and_no_rival_of_itself()
    {
        foreach (KernelTarget target in new[] { Cpu, Cpu with { SubgroupSize = 16 }, LoadVector, LoadVector with { SubgroupSize = 16 }, LoadVector with { VectorRegisters = 16 }, Gpu })
        {
            foreach (MatrixProblem problem in new[] { Linear, Linear with { Rows = 3 }, Linear with { IsGeglu = true } })
            {
                MatrixTile standard = TileTable.DefaultFor(problem, target);
                Assert.Contains(standard, TileTable.Choices(target.Matrix, problem, target));
                Assert.DoesNotContain(standard, TileTable.Rivals(problem, target));
                Assert.NotEmpty(TileTable.Rivals(problem, target));
            }
        }
    }

    [Fact]
    public void Geglu_keeps_a_value_and_its_gate_in_one_lane()
        => Assert.All(TileTable.Choices(MatrixFamily.Gather, Linear with { IsGeglu = true }, Cpu), tile => Assert.Equal(0, tile.Columns % 16));

    [Fact]
    public void Problems_that_differ_have_different_keys()
    {
        MatrixProblem[] problems =
        [
            Linear, Linear with { Kernel = "matmul(geglu)" }, Linear with { Storage = DType.F16 }, Linear with { Weights = DType.F32 }, Linear with { Rows = 640 },
            Linear with { Channels = 640 }, Linear with { SecondChannels = 320 }, Linear with { Columns = 640 },
        ];
        Assert.Equal(problems.Length, problems.Select(p => p.Key).Distinct().Count());
        Assert.Equal("matmul f32w16 2560x320 -> 320", Linear.Key);
    }

    [Fact]
    public void Plan_and_packing_follow_the_table()
    {
        TensorSpec[] inputs = [new([2560, 320], DType.F32), new([320, 320], DType.F16), TensorSpec.Absent, TensorSpec.Absent, TensorSpec.Absent];
        TensorSpec output = new([2560, 320], DType.F32);
        MatMul kernel = new();
        KernelTarget target = Cpu with { Tiles = Measured(new(MatrixFamily.Gather, 8, 32)) };
        Dispatch dispatch = Assert.Single(kernel.Plan(inputs, output, target).Dispatches);
        Assert.Equal([8, (int)MatrixFeatures.WholePanels, 8, 4], dispatch.Constants);
        Assert.Equal(new Workgroups(2, 10, 160), dispatch.Workgroups);
        Assert.Equal((32, 8), Packed(kernel, inputs, target));
        Assert.Equal((16, 8), Packed(kernel, inputs, Cpu with { VectorRegisters = 16 }));
        Assert.Equal((64, 16), Packed(kernel, inputs, Cpu with { SubgroupSize = 16 }));
        Assert.Equal((64, 0), Packed(kernel, inputs, Gpu));
    }

    [Theory]
    [InlineData(MatrixFamily.Gather, 320, true)]
    [InlineData(MatrixFamily.Gather, 300, false)] // the last panel has columns of no output
    [InlineData(MatrixFamily.LoadVector, 320, true)]
    [InlineData(MatrixFamily.Tiled, 320, false)] // GPUs test each column
    public void Columns_that_fill_all_panels_need_no_test_on_CPU_drivers(MatrixFamily family, int columns, bool isWhole)
    {
        TensorSpec[] inputs = [new([2560, 320], DType.F32), new([columns, 320], DType.F16), TensorSpec.Absent, TensorSpec.Absent, TensorSpec.Absent];
        Dispatch dispatch = Assert.Single(new MatMul().Plan(inputs, new([2560, columns], DType.F32), Cpu with { Matrix = family }).Dispatches);
        Assert.Equal(isWhole, ((MatrixFeatures)dispatch.Constants[1]).HasFlag(MatrixFeatures.WholePanels));
    }

    [Theory]
    [InlineData(8, false, 8)]
    [InlineData(16, false, 8)] // a block of four rows by four lanes of two channels
    [InlineData(16, true, 16)] // of four channels
    public void Gathered_channels_are_padded_to_the_turn_of_the_loop(int lanes, bool isHalf, int multiple)
    {
        TensorSpec[] inputs = [new([40, 320], isHalf ? DType.F16 : DType.F32), new([320, 320], DType.F16), TensorSpec.Absent, TensorSpec.Absent, TensorSpec.Absent];
        PanelPacking packing = Assert.IsType<PanelPacking>(new MatMul().Packing(1, inputs, Cpu with { SubgroupSize = lanes }));
        Assert.Equal(multiple, packing.ChannelMultiple);
    }

    private static (int Panel, int PairLanes) Packed(MatMul kernel, TensorSpec[] inputs, KernelTarget target)
    {
        PanelPacking packing = Assert.IsType<PanelPacking>(kernel.Packing(1, inputs, target));
        return (packing.Panel, packing.PairLanes);
    }

    private static TileTable Measured(MatrixTile tile) => new(MatrixFamily.Gather, ImmutableDictionary<string, MatrixTile>.Empty.Add(Linear.Key, tile));
}
