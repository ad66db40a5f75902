using System.Collections.Immutable;

namespace Hummingbird.Vulkan.Kernels;

/// <summary>What a family of the matrix core wants for a tile: its shader, its constants, its order of weights.</summary>
/// <param name="Shader">The family's part of a shader's name: <c>tiled</c> in <c>matmul.tiled.f16</c>.</param>
/// <param name="Invocations">Of a workgroup; constant 0.</param>
/// <param name="Element">Consecutive k of one column side by side in packed weights.</param>
/// <param name="ChannelMultiple">The K step: each source's channels are padded to it.</param>
/// <param name="VectorChannels">Channels of one load: rows must be aligned to it, or channels are loaded one by one.</param>
/// <param name="Constants">The family's own specialization constants, from 2 on.</param>
/// <param name="SubgroupSize">Lanes that its pipelines ask for; 0 leaves it to the device plan.</param>
/// <param name="PairLanes">Lanes that store two neighbouring columns at once where there are two vectors of them; 0: columns are stored one by one.</param>
/// <param name="ReadsZeros">Pixels outside of the image are read from zeros behind the packed weight.</param>
internal sealed record MatrixTiling(
    string Shader,
    int Invocations,
    int Element,
    int ChannelMultiple,
    int VectorChannels,
    ImmutableArray<int> Constants,
    int SubgroupSize = 0,
    bool ReadsZeros = false,
    int PairLanes = 0)
{
    /// <param name="tile">Of the tile table.</param>
    /// <param name="problem">For which it was chosen,</param>
    /// <param name="target">and on what.</param>
    public static MatrixTiling Of(MatrixTile tile, MatrixProblem problem, KernelTarget target) => tile.Family switch
    {
        MatrixFamily.Gather => new(
            "gather",
            target.SubgroupSize,
            Element: 8 / problem.Weights.Size(),
            ChannelMultiple: Math.Max(8, problem.Storage == DType.F16 ? target.SubgroupSize : target.SubgroupSize / 2),
            VectorChannels: 4,
            [tile.Rows, tile.Columns / target.SubgroupSize],
            PairLanes: Pairs(tile, problem, target)),
        MatrixFamily.CoopMatrix => CoopMatrix(target),
        MatrixFamily.LoadVector => LoadVector(tile, problem, target),
        _ => Tiled(tile, problem.Storage, target),
    };

    // Code that is unrolled as far as on a GPU takes a CPU driver long to compile. fp16 goes by pairs of k.
    private static MatrixTiling Tiled(MatrixTile tile, DType storage, KernelTarget target)
    {
        const int Depth = 16;
        return storage == DType.F16
            ? new("tiled", 2 * tile.Rows, Element: 1, Depth, VectorChannels: 8, [target.IsCpu ? 2 : Depth, tile.Family == MatrixFamily.TiledPacked ? 1 : 0])
            : new("tiled", 2 * tile.Rows, Element: 1, Depth, VectorChannels: 4, [target.IsCpu ? 1 : Depth]);
    }

    // Loops take whole steps, so the step divides the channels of each source. 16 are a tenth faster than 8 and take half
    // as long again to compile, which a small product never earns back; 32 are faster by a twentieth more and take twice as long.
    private static MatrixTiling LoadVector(MatrixTile tile, MatrixProblem problem, KernelTarget target)
    {
        const long SmallProduct = 1 << 24;
        int channels = problem.Channels | problem.SecondChannels, divisor = channels & -channels;
        long products = problem.Batches * problem.Rows * (problem.Channels + problem.SecondChannels) * problem.Columns;
        int longest = products < SmallProduct || !target.MergesLoads ? 8 : 16;
        int step = Math.Min(divisor, longest);
        return new(
            "ldv",
            target.SubgroupSize,
            Element: 1,
            ChannelMultiple: 1,
            VectorChannels: 1,
            [tile.Rows, tile.Columns / target.SubgroupSize, step],
            ReadsZeros: true,
            PairLanes: Pairs(tile, problem, target));
    }

    private static int Pairs(MatrixTile tile, MatrixProblem problem, KernelTarget target)
    {
        int vectors = tile.Columns / target.SubgroupSize / (problem.IsGeglu ? 2 : 1);
        return vectors % 2 == 0 ? target.SubgroupSize : 0;
    }

    // Four subgroups of 4 x 2 matrices each, 32 k at a time: the numbers of shaders/common/matrix_coopmat.glsl.
    private static MatrixTiling CoopMatrix(KernelTarget target)
    {
        CooperativeTile cooperative = target.Cooperative!;
        return new(
            "coopmat",
            4 * cooperative.SubgroupSize,
            Element: 8,
            ChannelMultiple: 32,
            VectorChannels: 8,
            [cooperative.M, cooperative.N, cooperative.K],
            cooperative.SubgroupSize == target.SubgroupSize ? 0 : cooperative.SubgroupSize);
    }
}
