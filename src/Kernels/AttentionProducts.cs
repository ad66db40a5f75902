using System.Collections.Immutable;

namespace Hummingbird.Vulkan.Kernels;

/// <summary>The variant of <see cref="Attention"/> for wide heads on CPU drivers: scores are stored, between two products that run like the
/// matrix core of the driver's family.</summary>
/// <remarks>Queries go through in slices, so that the scratch memory grows with the keys alone. All is fp32, as CPU drivers have it unless they are asked for fp16.</remarks>
internal sealed record AttentionProducts(Attention Attention, TensorSpec Q, TensorSpec K, TensorSpec V, Attention.Problems Problems, KernelTarget Target)
{
    private const int QueriesPerSlice = 1024;

    /// <summary>Several problems share a slice while they take no more than this.</summary>
    private const long MaxScratchInBytes = 64L << 20;

    // k per turn of the family "gather".
    private const int LeastStep = 8;

    // Fewer are not worth four dispatches.
    private const int LeastTokens = 32;

    private enum Stage
    {
        Pack = 0,
        Scores = 1,
        Softmax = 2,
        Values = 3,
    }

    private bool IsGathered => Target.Matrix == MatrixFamily.Gather;

    // Of a workgroup's tile, as the default table has them for long products.
    private int TileRows => (IsGathered, Target.SubgroupSize > 8) switch
    {
        (true, true) => 20,
        (true, _) => 12,
        (_, true) => 8,
        _ => 6,
    };

    private int HeadSize => Q.Shape.Channels / Attention.Heads;

    private int Panel => Columns(Target) * Target.SubgroupSize;

    // Keys in whole panels.
    private int Pitch => (Problems.Keys + Panel - 1) / Panel * Panel;

    private int QueriesOfSlice => Math.Min(Problems.Queries, QueriesPerSlice);

    private long BytesPerProblem => 4L * (((long)(Pitch + Problems.Keys) * HeadSize) + ((long)QueriesOfSlice * (Pitch + 1)));

    /// <param name="aligned">Rows of q start at multiples of 8 bytes.</param>
    public static bool Fits(int queries, int keys, int headSize, bool aligned, KernelTarget target)
        => target is { IsCpu: true, Matrix: MatrixFamily.LoadVector or MatrixFamily.Gather } && queries >= LeastTokens && keys >= LeastTokens
            && keys % Math.Max(LeastStep, target.SubgroupSize) == 0 && headSize % (Columns(target) * target.SubgroupSize) == 0
            && (aligned || target.Matrix == MatrixFamily.LoadVector);

    public KernelPlan Plan()
    {
        int all = checked(Problems.Outer * Problems.Inner * Attention.Heads), queries = QueriesOfSlice;
        int together = queries < Problems.Queries ? 1 : (int)Math.Clamp(MaxScratchInBytes / BytesPerProblem, 1, Math.Min(all, Target.MaxWorkgroupCount));
        var dispatches = ImmutableArray.CreateBuilder<Dispatch>();
        for (int problem = 0; problem < all; problem += together)
        {
            int problems = Math.Min(together, all - problem);
            Dispatch Of(Stage stage, int first, int rows, int x, int y = 1) => Stages(stage, problem, problems, first, rows, new(x, y, problems));
            dispatches.Add(Of(Stage.Pack, 0, queries, Pitch / Target.SubgroupSize));
            for (int first = 0; first < Problems.Queries; first += queries)
            {
                int rows = Math.Min(queries, Problems.Queries - first), tiles = (rows + TileRows - 1) / TileRows;
                dispatches.Add(Of(Stage.Scores, first, rows, tiles, Pitch / Panel));
                dispatches.Add(Of(Stage.Softmax, first, rows, rows));
                dispatches.Add(Of(Stage.Values, first, rows, tiles, HeadSize / Panel));
            }
        }

        return new(dispatches.ToImmutable(), together * BytesPerProblem);
    }

    private static int Columns(KernelTarget target) => TileTable.MostVectors(target);

    // The longest turn of the loop that divides what is summed; see MatrixTiling.LoadVector.
    private int Step(int depth) => Math.Min(depth & -depth, Target.MergesLoads ? 16 : 8);

    private Dispatch Stages(Stage stage, int firstProblem, int problems, int firstQuery, int rows, Workgroups groups) => new(
        $"attention_products.{Q.DType.Name()}",
        [
            Target.SubgroupSize, HeadSize, (int)stage, (int)VectorAccess.Of(Target, isVectors: true), Columns(Target),
            stage switch { Stage.Scores => Step(HeadSize), Stage.Values => Step(Problems.Keys), _ => 1 },
            TileRows, IsGathered ? 1 : 0,
        ],
        groups,
        [Operand.Input(0), Operand.Input(1), Operand.Input(2), Operand.Scratch(), Operand.Output],
        Dispatch.Pack(new Attention.AttentionProductsParameters(
            (uint)Problems.Q.Outer, (uint)Problems.Q.Inner, (uint)Problems.Q.Token,
            (uint)Problems.Kv.Outer, (uint)Problems.Kv.Inner, (uint)Problems.Kv.Token,
            (uint)Q.RowStride, (uint)K.RowStride, (uint)V.RowStride, (uint)Problems.Inner, (uint)Attention.Heads,
            (uint)Problems.Queries, (uint)Problems.Keys, (uint)Pitch, (uint)firstProblem, (uint)problems, (uint)firstQuery, (uint)rows,
            Attention.Scale ?? (float)(1 / Math.Sqrt(HeadSize)))));
}
