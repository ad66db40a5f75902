using System.Collections.Immutable;
using System.Diagnostics;
using Hummingbird.Vulkan.Bench.Kernels;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Kernels;
using Hummingbird.Vulkan.Kernels.Cases;

namespace Hummingbird.Vulkan.Bench.Tuning;

/// <summary>What `tune` found out.</summary>
/// <param name="Decisions">One for each problem that was measured.</param>
/// <param name="NotReached">Problems that the budget left no time for: they keep what they had.</param>
public sealed record TuneReport(ImmutableArray<TuneDecision> Decisions, ImmutableArray<MatrixProblem> NotReached)
{
    /// <summary>Winners on top of what was known before; a problem whose default won again is forgotten.</summary>
    public TileTable Table(MatrixFamily family, TileTable? before)
    {
        ImmutableDictionary<string, MatrixTile> tiles = before is { } known && known.Family == family ? known.Measured : ImmutableDictionary<string, MatrixTile>.Empty;
        foreach (TuneDecision decision in Decisions)
        {
            tiles = decision.Winner is { } winner ? tiles.SetItem(decision.Problem.Key, winner) : tiles.Remove(decision.Problem.Key);
        }

        return new(family, tiles);
    }
}

/// <summary>Measures the neighbours of the tile table for the products of a model on a device.</summary>
/// <remarks>Long products are cut to their first rows, which differ from the others in nothing. A winner computes the whole product once and is
/// compared with the reference before it counts.</remarks>
public sealed class Tuner(GpuDevice device, Patience patience) : IDisposable
{
    // What a CPU driver multiplies in some hundredths of a second.
    private const double FlopsOnCpu = 5e8;

    // Of a linear layer: some lines of one frame are a few tiles of rows, whatever the tile is.
    private const int LeastRows = 384;

    private readonly KernelTimer timer = new(device);

    /// <param name="rows">Of which the products are tuned, the first first.</param>
    /// <param name="budget">No problem begins after this.</param>
    /// <param name="progress">Sees each decision.</param>
    public TuneReport Run(IEnumerable<BenchRow> rows, TimeSpan budget, Action<TuneDecision>? progress, CancellationToken cancellation)
    {
        Stopwatch clock = Stopwatch.StartNew();
        var decisions = ImmutableArray.CreateBuilder<TuneDecision>();
        var left = ImmutableArray.CreateBuilder<MatrixProblem>();
        foreach ((BenchRow row, MatrixProblem problem) in Problems(rows))
        {
            cancellation.ThrowIfCancellationRequested();
            if (clock.Elapsed >= budget)
            {
                left.Add(problem);
                continue;
            }

            TuneDecision decision = Decide(row, problem);
            decisions.Add(decision);
            progress?.Invoke(decision);
        }

        return new(decisions.ToImmutable(), left.ToImmutable());
    }

    public void Dispose() => timer.Dispose();

    private static IEnumerable<(BenchRow Row, MatrixProblem Problem)> Problems(IEnumerable<BenchRow> rows) => rows
        .Select(row => (Row: row, Problem: row.Case.Kernel.Product(row.Case.Specs())))
        .Where(p => p.Problem is not null)
        .Select(p => (p.Row, p.Problem!.Value))
        .DistinctBy(p => p.Value.Key);

    private TuneDecision Decide(BenchRow row, MatrixProblem problem)
    {
        KernelTarget target = device.Plan.Target;
        MatrixTile standard = TileTable.DefaultFor(problem, target);
        ImmutableArray<MatrixTile> rivals = TileTable.Rivals(problem, target);
        BenchRow part = Part(row);
        MatrixProblem partial = part.Case.Kernel.Product(part.Case.Specs())!.Value;
        HostTensor?[] operands = Operands.Draw(part);
        TuneDecision decision = TuneDecision.Make(problem, standard, rivals, tile =>
        {
            using PreparedRow prepared = new(device, part, operands, With(partial, tile));
            prepared.Compile();
            return timer.Measure($"tune {problem.Key} {tile}", prepared.Record, patience, out _).Basis;
        });
        return decision.Winner is { } winner && !IsRight(row, Operands.Draw(row), With(problem, winner)) ? decision with { Winner = null } : decision;
    }

    private bool IsRight(BenchRow row, HostTensor?[] operands, KernelTarget target)
    {
        using PreparedRow prepared = new(device, row, operands, target);
        prepared.Poison();
        timer.Measure(row.Id, prepared.Record, new(0, 1, 1), out _);
        return Expectation.Of(row, operands).Nmse(prepared.ReadOutput()) <= row.Case.MaxNmse;
    }

    private KernelTarget With(MatrixProblem problem, MatrixTile tile) => device.Plan.Target with
    {
        Tiles = new(device.Plan.Target.Matrix, ImmutableDictionary<string, MatrixTile>.Empty.Add(problem.Key, tile)),
    };

    /// <summary>One image of a convolution, some lines of one along time: Winograd's dispatches, too, do equal work for each tile.</summary>
    private BenchRow Part(BenchRow row)
    {
        TensorSpec[] specs = row.Case.Specs();
        if (device.Snapshot.Kind != DeviceKind.Cpu || specs[0].Shape.Rank != 5)
        {
            return row;
        }

        Shape whole = specs[0].Shape;
        int enoughLines = Math.Min(whole[2], (WinogradPolicy.MinPixels + whole[3] - 1) / whole[3]);
        return row.Case.Kernel switch
        {
            Conv2d when specs[2].IsPresent && specs[2].Shape.Rank > 1 => row,
            Conv2d => Cut(row, shape => [1, 1, shape[2], shape[3], shape[4]]),
            MatMul when specs[3].IsPresent => row,
            MatMul => Cut(row, shape => [1, 1, Lines(row.Cost.Flops / shape.Rows, shape), shape[3], shape[4]]),
            Conv3d { KernelT: 3, KernelH: 1, KernelW: 1 } => Cut(row, shape => [1, shape[1], enoughLines, shape[3], shape[4]]),
            _ => row,
        };
    }

    private static BenchRow Cut(BenchRow row, Func<Shape, Shape> cut) => row with
    {
        Case = row.Case with
        {
            Inputs = [.. row.Case.Inputs.Select(input => input.Kind switch
            {
                InputKind.Activation => input with { Shape = cut(input.Shape) },
                InputKind.Parameter when input.Shape.Rank == 2 => input with { Shape = [1, input.Shape.Channels] }, // a shift for each sample
                _ => input,
            })],
        },
    };

    // As many as are measured in a moment.
    private static int Lines(double flopsOfRow, Shape shape)
        => Math.Clamp((int)(Math.Max(LeastRows, FlopsOnCpu / flopsOfRow) / shape[3]), 1, shape[2]);
}
