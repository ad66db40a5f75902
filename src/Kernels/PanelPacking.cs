using System.Buffers;
using System.Runtime.InteropServices;

namespace Hummingbird.Vulkan.Kernels;

/// <summary>Panels of columns: the order in which a family of the matrix core wants its weights.</summary>
/// <remarks>
/// Packed: <c>[N / Panel][K / Element][Panel][Element]</c>, where K runs over taps, then sources, then channels, each source's
/// channels padded with zeros to a multiple of <paramref name="ChannelMultiple"/>; N is padded to a multiple of the panel.
/// With <paramref name="Geglu"/> the canonical rows are [value N/2 | gate N/2] and a panel holds Panel/2 value columns, then their gates.
/// </remarks>
/// <param name="Columns">N, rows of the canonical weight.</param>
/// <param name="Taps">Kernel positions: 1 for linear, 9 for 3x3.</param>
/// <param name="SourceChannels">Channels of each concatenated source.</param>
/// <param name="SecondSourceChannels">Channels of the second source, 0 if there is one only.</param>
/// <param name="Panel">Columns side by side in one panel.</param>
/// <param name="Element">Consecutive k of one column side by side.</param>
/// <param name="ChannelMultiple">Each source's channels are padded to this.</param>
/// <param name="DType">F32 or F16.</param>
/// <param name="Geglu">Interleave value and gate columns within a panel.</param>
/// <param name="ZeroBytes">Zeros behind the last panel: what a kernel reads in place of a pixel outside of the image.</param>
/// <param name="PairLanes">Lanes of the kernel where each has two neighbouring columns in two vectors, so that it stores them at once: of 2 lanes'
/// columns 0 to 3 the first vector holds 0 and 2, the second 1 and 3. 0: vectors hold the columns in order.</param>
public sealed record PanelPacking(
    int Columns, int Taps, int SourceChannels, int SecondSourceChannels, int Panel, int Element, int ChannelMultiple, DType DType, bool Geglu = false,
    int ZeroBytes = 0, int PairLanes = 0)
    : WeightPacking
{
    public int PaddedChannels => RoundUp(SourceChannels, ChannelMultiple) + RoundUp(SecondSourceChannels, ChannelMultiple);

    /// <summary>K of the packed weight.</summary>
    public int Depth => Taps * PaddedChannels;

    public int Panels => PaddedColumns / Panel;

    public int PaddedColumns => RoundUp(Columns, Panel);

    public override long SizeInBytes => ((long)PaddedColumns * Depth * DType.Size()) + ZeroBytes;

    public override void Pack(ReadOnlySpan<float> canonical, Span<byte> packed)
    {
        Check(canonical.Length, packed.Length);
        packed.Clear();
        int length = canonical.Length / Columns;
        for (int row = 0; row < Columns; row++)
        {
            PackRow(row, canonical.Slice(row * length, length), packed);
        }
    }

    /// <summary>Four times as fast as from fp32 when packed as F16, since values are only moved.</summary>
    public override void Pack(ReadOnlySpan<Half> canonical, Span<byte> packed)
    {
        Check(canonical.Length, packed.Length);
        packed.Clear();
        int length = canonical.Length / Columns;
        float[] singles = new float[DType == DType.F32 ? length : 0];
        for (int row = 0; row < Columns; row++)
        {
            ReadOnlySpan<Half> values = canonical.Slice(row * length, length);
            if (DType == DType.F16)
            {
                MoveRow(row, values, MemoryMarshal.Cast<byte, Half>(packed));
                continue;
            }

            for (int i = 0; i < length; i++)
            {
                singles[i] = (float)values[i];
            }

            MoveRow(row, singles, MemoryMarshal.Cast<byte, float>(packed));
        }
    }

    /// <summary>Packs one row [taps, C] of a canonical weight into a packed weight that was zeros.</summary>
    internal void PackRow(int row, ReadOnlySpan<float> values, Span<byte> packed)
    {
        if (DType == DType.F32)
        {
            MoveRow(row, values, MemoryMarshal.Cast<byte, float>(packed));
            return;
        }

        Half[] halves = ArrayPool<Half>.Shared.Rent(values.Length);
        for (int i = 0; i < values.Length; i++)
        {
            halves[i] = (Half)values[i];
        }

        MoveRow<Half>(row, halves.AsSpan(0, values.Length), MemoryMarshal.Cast<byte, Half>(packed));
        ArrayPool<Half>.Shared.Return(halves);
    }

    private void Check(int values, int bytes)
    {
        int channels = SourceChannels + SecondSourceChannels;
        if (values != (long)Columns * Taps * channels || bytes != SizeInBytes)
        {
            throw new ShapeException($"A weight [{Columns},{Taps},{channels}] packs {(long)Columns * Taps * channels} values into {SizeInBytes} bytes, found {values} values and {bytes} bytes.");
        }
    }

    private void MoveRow<T>(int row, ReadOnlySpan<T> values, Span<T> packed)
        where T : unmanaged
    {
        int channels = SourceChannels + SecondSourceChannels;
        int column = PackedColumn(row);
        Span<T> target = packed[((column / Panel * Panel * Depth) + (column % Panel * Element))..];
        for (int tap = 0; tap < Taps; tap++)
        {
            ReadOnlySpan<T> source = values.Slice(tap * channels, channels);
            int k = tap * PaddedChannels;
            MoveChannels(source[..SourceChannels], target, k);
            MoveChannels(source[SourceChannels..], target, k + RoundUp(SourceChannels, ChannelMultiple));
        }
    }

    // Channels of one column from k on: runs of Element values, Panel * Element apart. k is a multiple of Element.
    private void MoveChannels<T>(ReadOnlySpan<T> source, Span<T> column, int k)
        where T : unmanaged
    {
        int pitch = Panel * Element;
        for (int c = 0, to = k * Panel; c < source.Length; c += Element, to += pitch)
        {
            int end = Math.Min(Element, source.Length - c);
            for (int e = 0; e < end; e++)
            {
                column[to + e] = source[c + e];
            }
        }
    }

    private static int RoundUp(int value, int multiple) => (value + multiple - 1) / multiple * multiple;

    private int PackedColumn(int row)
    {
        if (!Geglu)
        {
            return InPairs(row);
        }

        int half = Columns / 2, width = Panel / 2, column = row % half;
        return InPairs((column / width * Panel) + (column % width) + (row < half ? 0 : width));
    }

    private int InPairs(int column)
    {
        if (PairLanes == 0)
        {
            return column;
        }

        int start = column / (2 * PairLanes) * (2 * PairLanes), within = column - start;
        return start + (within % 2 * PairLanes) + (within / 2);
    }
}
