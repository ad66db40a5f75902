using System.Runtime.InteropServices;
using Xunit;

namespace Hummingbird.Vulkan.Kernels.Tests;

public class PanelPackingTests
{
    public static TheoryData<PanelPacking> Packings =>
    [
        new PanelPacking(20, 1, 7, 0, 16, 2, 8, DType.F32),
        new PanelPacking(16, 9, 8, 0, 16, 4, 8, DType.F16),
        new PanelPacking(5, 9, 6, 5, 16, 4, 8, DType.F16),
        new PanelPacking(65, 3, 12, 20, 64, 1, 16, DType.F32),
        new PanelPacking(5, 9, 6, 5, 32, 1, 1, DType.F16, ZeroBytes: 24),
        new PanelPacking(5, 3, 7, 0, 16, 1, 1, DType.F32, ZeroBytes: 28),
        new PanelPacking(40, 1, 9, 0, 16, 2, 8, DType.F32, Geglu: true),
        new PanelPacking(94, 1, 33, 0, 64, 1, 16, DType.F16, Geglu: true),
        new PanelPacking(21, 3, 7, 4, 16, 2, 8, DType.F32, PairLanes: 8),
        new PanelPacking(50, 1, 9, 0, 32, 4, 8, DType.F16, PairLanes: 8),
        new PanelPacking(40, 1, 9, 0, 32, 1, 1, DType.F32, Geglu: true, PairLanes: 8),
    ];

    [Theory]
    [MemberData(nameof(Packings))]
    public void Every_value_lies_where_the_layout_says_and_all_else_is_zero(PanelPacking packing)
    {
        (float[] canonical, byte[] packed) = Pack(packing);
        float[] expected = new float[(packing.PaddedColumns * packing.Depth) + (packing.ZeroBytes / packing.DType.Size())];
        int at = 0;
        for (int row = 0; row < packing.Columns; row++)
        {
            for (int tap = 0; tap < packing.Taps; tap++)
            {
                for (int c = 0; c < packing.SourceChannels + packing.SecondSourceChannels; c++)
                {
                    expected[Position(packing, row, tap, c)] = canonical[at++];
                }
            }
        }

        Assert.Equal(expected, Values(packing, packed));
    }

    [Theory]
    [MemberData(nameof(Packings))]
    public void Halves_pack_as_floats_do(PanelPacking packing)
    {
        (float[] canonical, byte[] packed) = Pack(packing);
        byte[] fromHalves = new byte[packing.SizeInBytes];
        packing.Pack([.. canonical.Select(v => (Half)v)], fromHalves);
        Assert.Equal(packed, fromHalves);
    }

    [Fact]
    public void A_weight_of_the_wrong_size_is_refused_with_both_sizes()
    {
        PanelPacking packing = new(4, 9, 8, 0, 16, 2, 8, DType.F32);
        ShapeException error = Assert.Throws<ShapeException>(() => packing.Pack(new float[287], new byte[packing.SizeInBytes]));
        Assert.Contains("288 values", error.Message);
        Assert.Contains("287", error.Message);
    }

    // Integers below 2048 are exact in fp16; they start at 1, so that a zero is always padding.
    private static (float[] Canonical, byte[] Packed) Pack(PanelPacking packing)
    {
        int count = packing.Columns * packing.Taps * (packing.SourceChannels + packing.SecondSourceChannels);
        float[] canonical = [.. Enumerable.Range(0, count).Select(i => (float)((i % 2039) + 1))];
        byte[] packed = new byte[packing.SizeInBytes];
        packed.AsSpan().Fill(0xA5);
        packing.Pack(canonical, packed);
        return (canonical, packed);
    }

    private static float[] Values(PanelPacking packing, byte[] packed) => packing.DType == DType.F32
        ? MemoryMarshal.Cast<byte, float>(packed).ToArray()
        : [.. MemoryMarshal.Cast<byte, Half>(packed).ToArray().Select(h => (float)h)];

    // [N / Panel][K / Element][Panel][Element], K over taps, sources, channels.
    private static int Position(PanelPacking p, int row, int tap, int channel)
    {
        int Padded(int channels) => (channels + p.ChannelMultiple - 1) / p.ChannelMultiple * p.ChannelMultiple;
        int half = p.Columns / 2, width = p.Panel / 2;
        int column = !p.Geglu ? row : (row % half / width * p.Panel) + (row % half % width) + (row / half * width);
        if (p.PairLanes > 0)
        {
            // Lane l's vectors 2 i and 2 i + 1 are columns 2 l and 2 l + 1 of the i-th double vector.
            int of = column % (2 * p.PairLanes), lane = of / 2;
            column += (of % 2 * p.PairLanes) + lane - of;
        }

        int inSource = channel < p.SourceChannels ? channel : Padded(p.SourceChannels) + channel - p.SourceChannels;
        int k = (tap * (Padded(p.SourceChannels) + Padded(p.SecondSourceChannels))) + inSource;
        return ((((column / p.Panel * p.Depth) + (k / p.Element * p.Element)) * p.Panel) + (column % p.Panel * p.Element)) + (k % p.Element);
    }
}
