using System.Collections.Immutable;
using System.Globalization;

namespace Hummingbird.Vulkan.Kernels;

/// <summary>What a tile is chosen by: one product of the matrix core as far as its speed depends on it.</summary>
/// <param name="Kernel">The kernel with its attributes: <c>conv2d(kernel=3,upsample)</c>.</param>
/// <param name="Storage">Storage type of activations.</param>
/// <param name="Weights">Storage type of the weight.</param>
/// <param name="Rows">Rows of the input.</param>
/// <param name="Channels">Channels of the first source.</param>
/// <param name="SecondChannels">Channels of the second source, 0 for none.</param>
/// <param name="Columns">N of the canonical weight.</param>
/// <param name="IsGeglu">Values and gates share a panel.</param>
/// <param name="Batches">So many of these in one dispatch.</param>
public readonly record struct MatrixProblem(
    string Kernel, DType Storage, DType Weights, long Rows, int Channels, int SecondChannels, int Columns, bool IsGeglu, int Batches = 1)
{
    /// <summary>The same words on every machine: <c>matmul f32w16 2560x320 -&gt; 2560</c>.</summary>
    public string Key => string.Create(
        CultureInfo.InvariantCulture,
        $"{Kernel} {Storage.Name()}{(Weights == Storage ? "" : "w" + Weights.Name()[1..])} {Rows}x{Channels}{(SecondChannels > 0 ? $"+{SecondChannels}" : "")} -> {Columns}");

    public override string ToString() => Key;
}

/// <summary>How a product is cut among workgroups, and by which family it is multiplied.</summary>
/// <param name="Family">Source of the core.</param>
/// <param name="Rows">Rows one workgroup computes.</param>
/// <param name="Columns">Columns one workgroup computes, the panel of the packed weight; 0: the family has one width only.</param>
public readonly record struct MatrixTile(MatrixFamily Family, int Rows, int Columns = 0)
{
    public override string ToString() => Columns == 0 ? $"{Family} {Rows}" : $"{Family} {Rows}x{Columns}";
}

/// <summary>One line of the default table: the tile of every problem of a family that it fits. The first line that fits counts.</summary>
/// <param name="Tile">Rows and columns of 0 stand for the family's own.</param>
/// <param name="MaxRows">Fits problems of at most so many rows.</param>
/// <param name="MinSubgroup">Fits devices with at least so many lanes.</param>
/// <param name="MinRows">Fits problems of at least so many rows.</param>
/// <param name="MaxRegisters">Fits processors with at most so many vector registers.</param>
/// <param name="Storage">Fits activations of this type only.</param>
public readonly record struct TileRule(
    MatrixTile Tile, long MaxRows = long.MaxValue, int MinSubgroup = 0, long MinRows = 0, int MaxRegisters = int.MaxValue, DType? Storage = null)
{
    public bool Fits(MatrixProblem problem, KernelTarget target)
        => (Storage is null || problem.Storage == Storage) && problem.Rows >= MinRows && problem.Rows <= MaxRows && target.SubgroupSize >= MinSubgroup && target.VectorRegisters <= MaxRegisters;
}

/// <summary>Which tile multiplies which product: defaults by family, overridden by what was measured on this device.</summary>
/// <remarks>Pure. A family takes part with its lines in <see cref="Defaults"/> and its <see cref="Choices"/>.</remarks>
/// <param name="Family">The device's family; what was measured counts for it only.</param>
/// <param name="Measured">Winners by <see cref="MatrixProblem.Key"/>.</param>
public sealed record TileTable(MatrixFamily Family, ImmutableDictionary<string, MatrixTile> Measured)
{
    private const int TiledColumns = 64;

    private static readonly ImmutableArray<TileRule> Defaults =
    [
        new(new(MatrixFamily.Gather, 4), MaxRows: 4),
        new(new(MatrixFamily.Gather, 8), MaxRows: 8),
        new(new(MatrixFamily.Gather, 16), MaxRegisters: 31),
        new(new(MatrixFamily.Gather, 8), MinSubgroup: 16, Storage: DType.F16), // a turn is twice as long: more rows would take long to compile
        new(new(MatrixFamily.Gather, 12), MaxRows: 12),
        new(new(MatrixFamily.Gather, 16), MaxRows: 16),
        new(new(MatrixFamily.Gather, 40), MinSubgroup: 16, MinRows: 37, MaxRows: 40),
        new(new(MatrixFamily.Gather, 20), MinSubgroup: 16),
        new(new(MatrixFamily.Gather, 20), MinRows: 37, MaxRows: 40),
        new(new(MatrixFamily.Gather, 12)),
        new(new(MatrixFamily.Tiled, 64)),
        new(new(MatrixFamily.TiledPacked, 64)),
        new(new(MatrixFamily.CoopMatrix, 0)),
        new(new(MatrixFamily.LoadVector, 4), MaxRows: 4),
        new(new(MatrixFamily.LoadVector, 8), MinSubgroup: 16),
        new(new(MatrixFamily.LoadVector, 6)),
    ];

    /// <summary>Nothing measured.</summary>
    public static TileTable Default(MatrixFamily family) => new(family, ImmutableDictionary<string, MatrixTile>.Empty);

    /// <summary>The tile of a problem on a device.</summary>
    public static MatrixTile Choose(MatrixProblem problem, KernelTarget target)
        => target.Tiles is { } table && table.Family == target.Matrix && table.Measured.TryGetValue(problem.Key, out MatrixTile measured)
            && Choices(measured.Family, problem, target).Contains(measured)
            ? measured
            : DefaultFor(problem, target);

    /// <summary>The tile of the default table, whatever was measured.</summary>
    public static MatrixTile DefaultFor(MatrixProblem problem, KernelTarget target)
    {
        MatrixFamily family = FamilyFor(problem, target);
        foreach (TileRule rule in Defaults)
        {
            if (rule.Tile.Family == family && rule.Fits(problem, target))
            {
                return rule.Tile with { Rows = rule.Tile.Rows > 0 ? rule.Tile.Rows : OwnRows(target), Columns = OwnColumns(family, problem, target) };
            }
        }

        throw new ShapeException($"No tile of family {target.Matrix} is in the table for {problem}.");
    }

    /// <summary>What `tune` measures against the default: the other tiles of the families that could be faster on this device.</summary>
    public static ImmutableArray<MatrixTile> Rivals(MatrixProblem problem, KernelTarget target)
        => [.. Choices(FamilyFor(problem, target), problem, target).Where(t => t != DefaultFor(problem, target))];

    /// <summary>Every tile of a family that computes this problem on this device.</summary>
    public static ImmutableArray<MatrixTile> Choices(MatrixFamily family, MatrixProblem problem, KernelTarget target) => family switch
    {
        MatrixFamily.Gather => GatherChoices(problem, target),
        MatrixFamily.Tiled or MatrixFamily.TiledPacked when FamilyFor(problem, target with { Matrix = family }) == family => TiledChoices(family, problem, target),
        MatrixFamily.CoopMatrix when FamilyFor(problem, target) == family => [new(family, OwnRows(target), OwnColumns(family, problem, target))],
        MatrixFamily.LoadVector => LoadVectorChoices(problem, target),
        _ => [],
    };

    // Packed sums and cooperative matrices are of fp16: other storage types take the tiles that any GPU has.
    private static MatrixFamily FamilyFor(MatrixProblem problem, KernelTarget target) => target.Matrix switch
    {
        MatrixFamily.CoopMatrix when target.Cooperative is null => throw new ShapeException(
            $"The matrix family {target.Matrix} needs a device with cooperative matrices of fp16 that are summed in fp32; this target has none."),
        MatrixFamily.CoopMatrix or MatrixFamily.TiledPacked when problem.Storage != DType.F16 => MatrixFamily.Tiled,
        MatrixFamily family => family,
    };

    // Two subgroups of four matrices along the rows; two of two along the columns.
    private static int OwnRows(KernelTarget target) => 2 * 4 * target.Cooperative!.M;

    private static int OwnColumns(MatrixFamily family, MatrixProblem problem, KernelTarget target) => family switch
    {
        MatrixFamily.Gather or MatrixFamily.LoadVector => Vectors(family, problem, target) * target.SubgroupSize,
        MatrixFamily.CoopMatrix => 2 * 2 * target.Cooperative!.N,
        _ => TiledColumns,
    };

    /// <summary>Vectors of columns that a workgroup of a CPU driver's family takes of wide products. Of 16 lanes two are enough where sums stay in
    /// registers: more rows are worth more.</summary>
    internal static int MostVectors(KernelTarget target)
        => target.VectorRegisters >= 32 && (target.SubgroupSize <= 8 || target.Matrix == MatrixFamily.Gather) ? 4 : 2;

    // As many as the product fills; a value and its gate are in one invocation.
    private static int Vectors(MatrixFamily family, MatrixProblem problem, KernelTarget target)
    {
        int most = MostVectors(target), needed = (problem.Columns + target.SubgroupSize - 1) / target.SubgroupSize;
        return problem.IsGeglu || needed > 1 ? Math.Min(most, needed > 2 ? 4 : 2) : 1;
    }

    // The gather family's sums go through memory anyway: more of them are worth their gathers where there are registers for the rest.
    private static int GatherSums(KernelTarget target) => MostVectors(target) > 2 ? 10 * target.SubgroupSize : 32;

    private static ImmutableArray<MatrixTile> GatherChoices(MatrixProblem problem, KernelTarget target)
    {
        int lanes = target.SubgroupSize;

        // A value and its gate are in one invocation.
        ReadOnlySpan<int> widths = problem.IsGeglu ? [2, 4] : [1, 2, 4];
        var tiles = ImmutableArray.CreateBuilder<MatrixTile>();
        foreach (int width in widths)
        {
            foreach (int rows in (ReadOnlySpan<int>)[4, 8, 12, 16, 20, 40])
            {
                if (rows * width <= GatherSums(target))
                {
                    tiles.Add(new(MatrixFamily.Gather, rows, width * lanes));
                }
            }
        }

        return tiles.ToImmutable();
    }

    private static ImmutableArray<MatrixTile> LoadVectorChoices(MatrixProblem problem, KernelTarget target)
    {
        // The other registers hold a value of x and those of the weight.
        int sums = target.VectorRegisters * 3 / 4;

        // A value and its gate are in one invocation.
        ReadOnlySpan<int> widths = problem.IsGeglu ? [2, 4] : [1, 2, 4];
        var tiles = ImmutableArray.CreateBuilder<MatrixTile>();
        foreach (int width in widths)
        {
            foreach (int rows in (ReadOnlySpan<int>)[4, 6, 8, 12])
            {
                if (rows * width <= sums)
                {
                    tiles.Add(new(MatrixFamily.LoadVector, rows, width * target.SubgroupSize));
                }
            }
        }

        return tiles.ToImmutable();
    }

    // In fp16 the block of W that belongs to a tile has a vector for each of 128 invocations, no more.
    private static ImmutableArray<MatrixTile> TiledChoices(MatrixFamily family, MatrixProblem problem, KernelTarget target)
        => [.. (problem.Storage == DType.F16 ? new[] { 32, 64 } : [32, 64, 128])
            .Where(rows => 2 * rows <= target.MaxWorkgroupInvocations)
            .Select(rows => new MatrixTile(family, rows, TiledColumns))];
}
