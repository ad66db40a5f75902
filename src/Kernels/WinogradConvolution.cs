using System.Collections.Immutable;

namespace Hummingbird.Vulkan.Kernels;

/// <summary>The variant of <see cref="Conv2d"/> for large 3x3 convolutions, and of <see cref="Conv3d"/> along time: tiles of the input are
/// transformed, multiplied as batched matrices, and transformed back.</summary>
/// <remarks>Lavin and Gray, Fast Algorithms for Convolutional Neural Networks (2016). All between the transforms is fp32. Tiles go
/// through in slices, so that the scratch memory stays bounded whatever the images are. A convolution along time is one along the
/// lines of images whose lines are frames: a tile is <paramref name="Tile"/> lines of one column.</remarks>
/// <param name="Tile">Lines of the output in a tile; of a 3x3 convolution as many columns, too.</param>
/// <param name="Inputs">As <see cref="Conv2d"/> has them.</param>
/// <param name="Activation">Applied before the residual is added.</param>
/// <param name="IsTemporal">Of <see cref="Conv3d"/>.</param>
/// <param name="Upsample2x">The tiles lie on the nearest-x2 images of the input.</param>
internal sealed record WinogradConvolution(
    int Tile, ImmutableArray<TensorSpec> Inputs, TensorSpec Output, KernelTarget Target, Activation Activation, bool IsTemporal = false, bool Upsample2x = false)
{
    /// <summary>Scratch memory of a slice stays below this unless a few tiles alone take more.</summary>
    private const long MostScratchInBytes = 64L << 20;

    // What a core's caches give back before it is gone.
    private const long CachedBytes = 4L << 20;

    private const int SliceMultiple = 16;

    // Of a transform's workgroup: a few subgroups, each the same straight code.
    private const int MaxInvocations = 64;

    private static readonly MatMul Product = new();

    public WinogradPacking Weights => new(Tile, (PanelPacking)Product.Packing(1, ProductInputs, Target)!, IsTemporal);

    private int Products => (Tile + 2) * (IsTemporal ? 1 : Tile + 2);

    private int ColumnTile => IsTemporal ? 1 : Tile;

    private int Channels => Inputs[1].Shape.Channels;

    private int Columns => Inputs[1].Shape[0];

    private int TilesAcross => (Size(Output).Width + ColumnTile - 1) / ColumnTile;

    private int TilesDown => (Size(Output).Height + Tile - 1) / Tile;

    private int Images => checked((int)(Output.Shape.Rows / ((long)Size(Output).Height * Size(Output).Width)));

    private int Tiles => checked(Images * TilesAcross * TilesDown);

    // Rows of M start at multiples of four values, so that they are read as vectors; those of V do by the policy.
    private int MStride => (Columns + 3) / 4 * 4;

    // A CPU driver's slices stay in the cache, as far as the weights, which pass once for each, are smaller still.
    private long MaxScratchInBytes
        => Target.IsCpu ? Math.Clamp(4L * Products * Channels * Columns, CachedBytes, MostScratchInBytes) : MostScratchInBytes;

    private long BytesPerTile => 4L * Products * (Channels + MStride);

    /// <summary>Slices of equal length: all tiles, or whole groups of rows of the product.</summary>
    private int TilesPerSlice
    {
        get
        {
            int most = (int)Math.Max(SliceMultiple, MaxScratchInBytes / BytesPerTile / SliceMultiple * SliceMultiple);
            int slices = (Tiles + most - 1) / most, even = (Tiles + slices - 1) / slices;
            return slices == 1 ? Tiles : (even + SliceMultiple - 1) / SliceMultiple * SliceMultiple;
        }
    }

    // One of the products. The large tile's transformed weights lose too much in fp16, the small one's only what activations lose anyway.
    private TensorSpec[] ProductInputs =>
    [
        new([TilesPerSlice, Channels], DType.F32),
        new([Columns, Channels], Tile == 2 && !IsTemporal && Inputs[0].DType == DType.F16 ? DType.F16 : DType.F32),
        TensorSpec.Absent, TensorSpec.Absent, TensorSpec.Absent,
    ];

    public KernelPlan Plan()
    {
        int perSlice = TilesPerSlice;
        Operand v = Operand.Scratch(), m = Operand.Scratch(4L * Products * perSlice * Channels);
        var dispatches = ImmutableArray.CreateBuilder<Dispatch>();
        for (int first = 0; first < Tiles; first += perSlice)
        {
            int count = Math.Min(perSlice, Tiles - first);
            Dispatch products = Product.PlanBatched(Products, ProductInputs, new([count, Columns], DType.F32, MStride), Target);
            dispatches.Add(TransformInput(first, count, v));
            dispatches.Add(products with { Operands = [v, Operand.Input(1), Operand.None, Operand.None, Operand.None, m] });
            dispatches.Add(TransformOutput(first, count, m));
        }

        return new(dispatches.ToImmutable(), perSlice * BytesPerTile);
    }

    private Dispatch TransformInput(int first, int count, Operand v)
    {
        (TensorSpec x, TensorSpec x2) = (Inputs[0], Inputs[5]);
        MatrixFeatures features = IsPaired(x) && IsPaired(x2) ? MatrixFeatures.None : MatrixFeatures.ScalarLoads;
        Access access = AccessOf(features, x.Shape.Channels, x2.IsPresent ? x2.Shape.Channels : 0);
        (int size, Workgroups groups, uint fold) = Cover(count, Channels, access);
        features |= x2.IsPresent ? MatrixFeatures.SecondSource : MatrixFeatures.None;
        return new(
            $"winograd_input.{x.DType.Name()}",
            [size, (int)features, Tile, (int)access, ColumnTile, Target.SubgroupSize],
            groups,
            [Operand.Input(0), Present(5), v],
            Dispatch.Pack(new Conv2d.WinogradInputParameters(
                (uint)x.Shape.Channels, x2.IsPresent ? (uint)x2.Shape.Channels : 0, (uint)x.RowStride, (uint)x2.RowStride, (uint)Channels,
                (uint)Size(x).Height, (uint)Size(x).Width, Upsample2x ? 1u : 0,
                (uint)TilesAcross, (uint)TilesDown, (uint)first, (uint)count, fold)));
    }

    private Dispatch TransformOutput(int first, int count, Operand m)
    {
        (TensorSpec bias, TensorSpec shift, TensorSpec residual) = (Inputs[2], Inputs[3], Inputs[4]);
        MatrixFeatures features = IsPaired(Output) && IsPaired(residual) ? MatrixFeatures.None : MatrixFeatures.ScalarLoads;
        Access access = AccessOf(features, Columns);
        (int size, Workgroups groups, uint fold) = Cover(count, Columns, access);
        features |= bias.IsPresent ? MatrixFeatures.Bias : MatrixFeatures.None;
        features |= shift.IsPresent ? MatrixFeatures.Shift : MatrixFeatures.None;
        features |= residual.IsPresent ? MatrixFeatures.Residual : MatrixFeatures.None;
        int frames = Conv2d.Frames(Inputs.AsSpan());
        features |= frames > 0 ? MatrixFeatures.InFrames : MatrixFeatures.None;
        return new(
            $"winograd_output.{Output.DType.Name()}",
            [size, (int)features | ((int)Activation << MatrixCore.ActivationShift), Tile, (int)access, ColumnTile, Target.SubgroupSize],
            groups,
            [m, Present(2), Present(3), Present(4), Operand.Output],
            Dispatch.Pack(new Conv2d.WinogradOutputParameters(
                (uint)Columns, (uint)MStride, (uint)residual.RowStride, (uint)Output.RowStride,
                shift.IsPresent ? (uint)(Images / shift.Shape[0]) : 1, (uint)shift.RowStride, (uint)Size(Output).Height, (uint)Size(Output).Width,
                (uint)TilesAcross, (uint)TilesDown, (uint)first, (uint)count, fold, (uint)frames)));
    }

    private (int Height, int Width) Size(TensorSpec images)
        => IsTemporal ? (images.Shape[-4], images.Shape[-3] * images.Shape[-2]) : (images.Shape[-3], images.Shape[-2]);

    /// <summary>Workgroups over tiles and channels, two channels to an invocation: channels along z, tiles folded over x and y; along x where
    /// they are convolved along time.</summary>
    private (int Size, Workgroups Groups, uint Fold) Cover(int tiles, int channels, Access access)
    {
        int pairs = (channels + 1) / 2, size = Target.SubgroupSize;
        while (access is not (Access.Vectors or Access.Lanes) && 2 * size <= Math.Min(pairs, MaxInvocations) && 2 * size <= Target.MaxWorkgroupInvocations)
        {
            size *= 2;
        }

        Workgroups overTiles = Workgroups.Fold(tiles, Target);
        int overChannels = (pairs + size - 1) / size;
        return (size, IsTemporal ? new(overChannels, overTiles.X, overTiles.Y) : overTiles with { Z = overChannels }, (uint)overTiles.X);
    }

    /// <param name="features">With or without scalar loads.</param>
    /// <param name="channels">Of each source: an invocation has two channels of one.</param>
    private Access AccessOf(MatrixFeatures features, params ReadOnlySpan<int> channels) => VectorAccess.Scatters(Target)
        ? features.HasFlag(MatrixFeatures.ScalarLoads) ? Access.Wide : VectorAccess.WideOf(Target, 2, channels)
        : VectorAccess.Of(Target, VectorAccess.Count(Target, 2, channels) == 2 && !features.HasFlag(MatrixFeatures.ScalarLoads));

    private Operand Present(int index) => Inputs[index].IsPresent ? Operand.Input(index) : Operand.None;

    private static bool IsPaired(TensorSpec spec) => !spec.IsPresent || (spec.Shape.Channels % 2 == 0 && spec.RowStride % 2 == 0);
}
