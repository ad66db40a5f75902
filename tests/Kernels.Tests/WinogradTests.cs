using System.Runtime.InteropServices;
using Xunit;

namespace Hummingbird.Vulkan.Kernels.Tests;

public class WinogradTests
{
    private static readonly KernelTarget Target = new(SubgroupSize: 8, MatrixFamily.Gather, IsCpu: true, WinogradTile: 4);

    // Sums of G's rows: a constant kernel of ones transforms to their outer product.
    public static TheoryData<int, double[]> RowSums => new()
    {
        { 2, [1, 1.5, 0.5, 1] },
        { 4, [1, -1 - (Math.Sqrt(2) / 3), -1 + (Math.Sqrt(2) / 3), 0.5 + (Math.Sqrt(2) / 6), 0.5 - (Math.Sqrt(2) / 6), 1] },
    };

    [Theory]
    [MemberData(nameof(RowSums))]
    public void Each_product_has_its_weight_transformed_and_packed(int tile, double[] sums)
    {
        const int Columns = 3, Channels = 8;
        PanelPacking product = new(Columns, 1, Channels, 0, 16, 2, 8, DType.F32);
        WinogradPacking packing = new(tile, product);
        float[] canonical = [.. Enumerable.Range(0, Columns * 9 * Channels).Select(i => (float)((i / (9 * Channels) * 10) + (i % Channels)))];
        byte[] packed = new byte[packing.SizeInBytes];
        packed.AsSpan().Fill(0xA5);
        packing.Pack(canonical, packed);
        float[] kernels = [.. Enumerable.Range(0, Columns * Channels).Select(i => (float)((i / Channels * 10) + (i % Channels)))];
        for (int p = 0; p < packing.Products; p++)
        {
            byte[] expected = new byte[product.SizeInBytes];
            double factor = sums[p / sums.Length] * sums[p % sums.Length];
            product.Pack([.. kernels.Select(v => (float)(v * factor))], expected);
            ReadOnlySpan<float> found = MemoryMarshal.Cast<byte, float>(packed.AsSpan(p * expected.Length, expected.Length));
            ReadOnlySpan<float> wanted = MemoryMarshal.Cast<byte, float>(expected);
            for (int i = 0; i < wanted.Length; i++)
            {
                Assert.Equal(wanted[i], found[i], 1e-5f);
            }
        }

        byte[] fromHalves = new byte[packing.SizeInBytes];
        packing.Pack([.. canonical.Select(v => (Half)v)], fromHalves);
        Assert.Equal(packed, fromHalves);
    }

    [Fact]
    public void A_temporal_weight_becomes_six_products()
    {
        PanelPacking product = new(1, 1, 8, 0, 16, 2, 8, DType.F32);
        WinogradPacking packing = new(4, product, IsTemporal: true);
        byte[] packed = new byte[packing.SizeInBytes];
        packing.Pack([.. Enumerable.Range(0, 3 * 8).Select(i => i / 8 == 1 ? 3f : 0f)], packed); // the middle frame alone
        Assert.Equal(6, packing.Products);
        float[] first = [.. Enumerable.Range(0, 6).Select(p => MemoryMarshal.Read<float>(packed.AsSpan(p * (int)product.SizeInBytes)))];
        float far = MathF.Sqrt(2);
        float[] wanted = [0, -far, far, far / 2, -far / 2, 0];
        for (int p = 0; p < wanted.Length; p++)
        {
            Assert.Equal(wanted[p], first[p], 1e-6f);
        }
    }

    [Theory]
    [InlineData(4, 16, 40, 64, 320)]
    [InlineData(4, 16, 10, 16, 1280)]
    [InlineData(2, 2, 40, 64, 320)]
    [InlineData(0, 1, 40, 64, 320)]   // nothing to share
    [InlineData(0, 16, 5, 8, 1280)]   // too few pixels
    [InlineData(0, 16, 40, 64, 8)]    // too few channels
    public void Temporal_convolutions_get_the_tile_their_shape_allows(int tile, int frames, int height, int width, int channels)
    {
        TensorSpec none = TensorSpec.Absent;
        TensorSpec[] inputs = [new([1, frames, height, width, channels], DType.F32), new([channels, 3, 1, 1, channels], DType.F32), none, none, none];
        Assert.Equal(tile, WinogradPolicy.Tile(new Conv3d(3, 1, 1), inputs, Target));
        Assert.Equal(0, WinogradPolicy.Tile(new Conv3d(3, 3, 3), inputs, Target));
        Assert.Equal(0, WinogradPolicy.Tile(new Conv3d(3, 1, 1), inputs, Target with { WinogradTile = 0 }));
    }

    [Fact]
    public void A_weight_of_the_wrong_size_is_refused_with_both_sizes()
    {
        WinogradPacking packing = new(2, new(4, 1, 8, 0, 16, 2, 8, DType.F32));
        ShapeException error = Assert.Throws<ShapeException>(() => packing.Pack(new float[287], new byte[packing.SizeInBytes]));
        Assert.Contains("288 values", error.Message);
        Assert.Contains("found 287", error.Message);
    }

    [Theory]
    [InlineData(4, 16, 40, 64, 320, 320)]
    [InlineData(4, 16, 20, 32, 640, 640)]
    [InlineData(2, 16, 10, 16, 1280, 1280)]
    [InlineData(4, 1, 320, 512, 128, 128)]
    [InlineData(0, 16, 5, 8, 1280, 1280)]   // too few pixels
    [InlineData(0, 16, 40, 64, 4, 320)]     // too few channels in
    [InlineData(0, 16, 40, 64, 320, 4)]     // and out
    [InlineData(0, 1, 40, 64, 18, 320)]     // no whole vectors of channels
    public void Large_convolutions_with_many_channels_take_it(int tile, int frames, int height, int width, int channels, int columns)
        => Assert.Equal(tile, WinogradPolicy.Tile(new Conv2d(), Inputs(frames, height, width, channels, columns), Target));

    [Fact]
    public void Other_convolutions_do_not()
    {
        TensorSpec[] inputs = Inputs(2, 40, 64, 64, 64);
        Assert.Equal(0, WinogradPolicy.Tile(new Conv2d(KernelSize: 5), inputs, Target));
        Assert.Equal(0, WinogradPolicy.Tile(new Conv2d(Stride: 2), inputs, Target));
        Assert.Equal(0, WinogradPolicy.Tile(new Conv2d(Padding: ConvPadding.BottomRight), inputs, Target));
        Assert.Equal(0, WinogradPolicy.Tile(new Conv2d(), inputs, Target with { WinogradTile = 0 }));
        Assert.Equal(2, WinogradPolicy.Tile(new Conv2d(), inputs, Target with { WinogradTile = 2 }));

        // A shift that changes within an image.
        inputs[3] = new([4, 64], DType.F32);
        Assert.Equal(0, WinogradPolicy.Tile(new Conv2d(), inputs, Target));
    }

    [Theory]
    [InlineData(16, 40, 64, 320, 320)]
    [InlineData(1, 320, 512, 128, 128)]
    [InlineData(16, 320, 512, 256, 256)]
    [InlineData(16, 10, 16, 2560, 1280)]
    public void Scratch_memory_stays_bounded(int frames, int height, int width, int channels, int columns)
    {
        TensorSpec[] inputs = Inputs(frames, height, width, channels, columns);
        Conv2d conv = new();
        KernelPlan plan = conv.Plan(inputs, new(conv.Infer(inputs), DType.F32), Target);
        Assert.InRange(plan.ScratchInBytes, 1, 64L << 20);
        Assert.Equal(0, plan.Dispatches.Length % 3);
    }

    [Fact]
    public void Along_time_all_channels_of_a_tile_come_before_the_next_tile()
    {
        TensorSpec none = TensorSpec.Absent, x = new([1, 16, 40, 64, 320], DType.F32);
        KernelPlan video = new Conv3d(3, 1, 1).Plan([x, new([320, 3, 1, 1, 320], DType.F32), none, none, none], x, Target);
        Dispatch alongTime = video.Dispatches[0];
        KernelPlan images = new Conv2d().Plan(Inputs(16, 40, 64, 320, 320), x, Target);
        Dispatch ofImages = images.Dispatches[0];
        int size = alongTime.Constants[0];
        Assert.Equal(("winograd_input.f32", 1), (alongTime.Shader, alongTime.Constants[4]));
        Assert.Equal((160 + size - 1) / size, alongTime.Workgroups.X); // 160 pairs of channels
        Assert.Equal((160 + size - 1) / size, ofImages.Workgroups.Z);
    }

    private static TensorSpec[] Inputs(int frames, int height, int width, int channels, int columns) =>
    [
        new([1, frames, height, width, channels], DType.F32), new([columns, 3, 3, channels], DType.F16),
        TensorSpec.Absent, TensorSpec.Absent, TensorSpec.Absent, TensorSpec.Absent,
    ];
}
