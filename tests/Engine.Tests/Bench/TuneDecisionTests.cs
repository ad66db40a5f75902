using System.Collections.Immutable;
using Hummingbird.Vulkan.Bench.Tuning;
using Hummingbird.Vulkan.Kernels;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Bench;

public class TuneDecisionTests
{
    private static readonly MatrixProblem Problem = new("matmul", DType.F32, DType.F16, 2560, 320, 0, 320, IsGeglu: false);
    private static readonly MatrixTile Standard = Tile(16), First = Tile(8), Second = Tile(4);

    [Theory]
    [InlineData("16:100 8:90 4:99 16:100 8:90", 8)]      // wins twice
    [InlineData("16:100 8:99 4:90 16:100 4:97", 4)]      // by 3 % the second time
    [InlineData("16:100 8:90 4:99 16:100 8:98", 0)]      // only once: chance
    [InlineData("16:100 8:98 4:99", 0)]                  // too little to be more than noise
    [InlineData("16:100 8:120 4:130", 0)]
    public void A_rival_must_win_by_three_per_cent_twice(string times, int rows)
    {
        Queue<(int Rows, double Seconds)> script = new(times.Split(' ').Select(t => t.Split(':')).Select(t => (int.Parse(t[0]), double.Parse(t[1]))));
        TuneDecision decision = TuneDecision.Make(Problem, Standard, [First, Second], tile =>
        {
            (int expected, double seconds) = script.Dequeue();
            Assert.Equal(expected, tile.Rows);
            return seconds;
        });
        Assert.Empty(script);
        Assert.Equal(rows == 0 ? null : Tile(rows), decision.Winner);
    }

    [Fact]
    public void Without_rivals_the_default_stays()
    {
        TuneDecision decision = TuneDecision.Make(Problem, Standard, [], _ => 1);
        Assert.Null(decision.Winner);
        Assert.Equal(1, decision.BestSeconds);
    }

    [Fact]
    public void New_winners_join_old_ones_and_a_default_that_won_is_forgotten()
    {
        MatrixProblem other = Problem with { Rows = 1 }, third = Problem with { Rows = 2 };
        TileTable before = new(MatrixFamily.Gather, ImmutableDictionary<string, MatrixTile>.Empty.Add(Problem.Key, First).Add(other.Key, First));
        TuneReport report = new([new(Problem, Standard, null, 1, 1), new(third, Standard, Second, 2, 1)], [other]);
        TileTable table = report.Table(MatrixFamily.Gather, before);
        Assert.Equal([(other.Key, First), (third.Key, Second)], table.Measured.Select(t => (t.Key, t.Value)).OrderBy(t => t.Key, StringComparer.Ordinal));
        Assert.Equal(third.Key, Assert.Single(report.Table(MatrixFamily.Tiled, before).Measured).Key);
    }

    private static MatrixTile Tile(int rows) => new(MatrixFamily.Gather, rows, 16);
}
