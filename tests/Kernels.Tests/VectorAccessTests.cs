using Xunit;

namespace Hummingbird.Vulkan.Kernels.Tests;

public class VectorAccessTests
{
    // The numbers of ACCESS in shaders/common/access.glsl.
    private const int Wide = 0, Singles = 1, Vectors = 2, Lanes = 3, WideVectors = 4, WideLanes = 5;

    [Theory]
    [InlineData(MatrixFamily.LoadVector, 32, true, 320, 0, WideVectors, 2)]
    [InlineData(MatrixFamily.LoadVector, 32, false, 320, 0, WideLanes, 2)]
    [InlineData(MatrixFamily.LoadVector, 32, false, 320, 16, WideLanes, 2)]
    [InlineData(MatrixFamily.LoadVector, 32, false, 320, 8, Lanes, 1)] // the second source fills no subgroup of pairs
    [InlineData(MatrixFamily.LoadVector, 32, false, 12, 0, Singles, 1)]
    [InlineData(MatrixFamily.LoadVector, 16, false, 320, 0, Lanes, 2)] // stores go lane by lane
    [InlineData(MatrixFamily.Gather, 32, false, 320, 0, Wide, 2)]
    [InlineData(MatrixFamily.Gather, 32, false, 321, 0, Wide, 1)]
    public void A_norm_reaches_its_channels_as_the_processor_does_it_best(
        MatrixFamily family, int registers, bool merges, int channels, int second, int access, int width)
    {
        KernelTarget target = new(SubgroupSize: 8, family, IsCpu: true) { VectorRegisters = registers, MergesLoads = merges };
        TensorSpec x = new([1, 1, 20, 30, channels], DType.F32), x2 = second > 0 ? new([1, 1, 20, 30, second], DType.F32) : TensorSpec.Absent;
        TensorSpec parameters = new([channels + second], DType.F32);
        KernelPlan plan = new GroupNorm(1, 1e-5f).Plan([x, parameters, parameters, x2], new([1, 1, 20, 30, channels + second], DType.F32), target);
        Assert.Equal((width, access), (plan.Dispatches[0].Constants[2], plan.Dispatches[0].Constants[3]));
        Assert.Equal((width, access), (plan.Dispatches[2].Constants[2], plan.Dispatches[2].Constants[3]));
    }

    [Theory]
    [InlineData(320, WideVectors, 2)]
    [InlineData(48, Vectors, 1)] // pairs would fill one subgroup and a half
    public void Sixteen_lanes_load_pairs_as_vectors_too(int channels, int access, int width)
    {
        TensorSpec x = new([1, 1, 20, 30, channels], DType.F32), parameters = new([channels], DType.F32);
        KernelPlan plan = new GroupNorm(1, 1e-5f).Plan([x, parameters, parameters, TensorSpec.Absent], x, new(SubgroupSize: 16, MatrixFamily.LoadVector, IsCpu: true));
        Assert.Equal((width, access), (plan.Dispatches[2].Constants[2], plan.Dispatches[2].Constants[3]));
    }

    [Theory]
    [InlineData(16, 16, 1)]
    [InlineData(32, 16, 1)]
    [InlineData(77, 16, 0)] // many keys: their lines do not stay in the cache
    [InlineData(16, 8, 1)]
    public void Attention_touches_all_lines_first_where_keys_are_few(int keys, int lanes, int touches)
    {
        TensorSpec q = new([1, 16, 128], DType.F32), k = new([1, keys, 128], DType.F32);
        KernelPlan Plan(KernelTarget target) => new Attention(2, AttentionAxis.Sequence).Plan([q, k, k], q, target);
        Assert.Equal(touches, Assert.Single(Plan(new(lanes, MatrixFamily.LoadVector, IsCpu: true)).Dispatches).Constants[6]);
        Assert.Equal(touches, Assert.Single(Plan(new(lanes, MatrixFamily.Gather, IsCpu: true)).Dispatches).Constants[6]);
        Assert.Equal(0, Assert.Single(Plan(new(lanes, MatrixFamily.Tiled)).Dispatches).Constants[6]);
    }

    [Theory]
    [InlineData(true, 3)] // 600 pixels in chunks of 256
    [InlineData(false, 10)]
    public void A_norm_takes_long_chunks_on_a_CPU(bool onCpu, int chunks)
    {
        KernelTarget target = new(SubgroupSize: 8, onCpu ? MatrixFamily.Gather : MatrixFamily.Tiled, IsCpu: onCpu);
        TensorSpec x = new([1, 1, 20, 30, 512], DType.F32), parameters = new([512], DType.F32);
        KernelPlan plan = new GroupNorm(32, 1e-5f).Plan([x, parameters, parameters, TensorSpec.Absent], x, target);
        Assert.Equal(chunks, plan.Dispatches[0].Workgroups.X); // a workgroup of 256 has two channels each of 512
    }

    [Theory]
    [InlineData(WideVectors, MatrixFamily.LoadVector, 16, 2 * 150, 4)] // two frames, all channels of 4 pixels
    [InlineData(Wide, MatrixFamily.Gather, 16, 4, 8)] // six chunks of 256 pixels, each of 160 pairs of channels, in workgroups of 256
    public void A_norm_scatters_in_the_order_of_memory(int access, MatrixFamily family, int lanes, int workgroups, int turnPixels)
    {
        TensorSpec x = new([1, 2, 20, 30, 320], DType.F32), parameters = new([320], DType.F32);
        KernelPlan plan = new GroupNorm(32, 1e-5f).Plan([x, parameters, parameters, TensorSpec.Absent], x, new(lanes, family, IsCpu: true));
        Dispatch last = plan.Dispatches[2];
        Assert.Equal((access, turnPixels), (last.Constants[3], last.Constants[4]));
        Assert.Equal(workgroups, last.Workgroups.X * last.Workgroups.Y);
    }

    [Theory]
    [InlineData(320, 32, WideVectors, 2, 2)]
    [InlineData(96, 32, WideVectors, 2, 1)] // three accesses
    [InlineData(48, 32, Vectors, 1, 1)]
    [InlineData(320, 16, Vectors, 4, 1)] // stores go lane by lane
    public void A_layer_norm_takes_two_accesses_a_turn_where_rows_hold_them(int channels, int registers, int access, int width, int turn)
    {
        TensorSpec x = new([1, 60, channels], DType.F32), parameters = new([channels], DType.F32);
        KernelPlan plan = new LayerNorm().Plan([x, parameters, parameters], x, new(16, MatrixFamily.LoadVector, IsCpu: true) { VectorRegisters = registers });
        Assert.Equal([16, width, access, turn], Assert.Single(plan.Dispatches).Constants);
    }
}
