namespace Hummingbird.Vulkan.Kernels;

/// <summary>Which 3x3 and which temporal convolutions go through Winograd's transform, and with which tile. Pure.</summary>
/// <remarks>A tile of m x m outputs takes (m + 2)^2 multiplications per pair of channels where the kernel itself takes 9 m^2: 2.25
/// times fewer for m = 2, 4 times fewer for m = 4. In exchange the weights grow (m + 2)^2 / 9 times, and rounding errors grow.</remarks>
public static class WinogradPolicy
{
    /// <summary>Fewer channels leave the transforms more work than they save.</summary>
    public const int MinChannels = 16;

    /// <summary>Rows of transformed pixels are read as vectors.</summary>
    public const int ChannelMultiple = 4;

    /// <summary>Fewer pixels per image do not pay for reading the larger weights.</summary>
    public const int MinPixels = 160;

    /// <summary>With more channels the errors of the large tile pass the bound of fp32, and its weights get very large.</summary>
    public const int MaxChannelsOfLargeTile = 960;

    /// <summary>m, or 0 for the direct convolution.</summary>
    public static int Tile(Conv2d conv, ReadOnlySpan<TensorSpec> inputs, KernelTarget target)
    {
        (TensorSpec x, TensorSpec shift) = (inputs[0], inputs[3]);
        int channels = inputs[1].Shape.Channels, columns = inputs[1].Shape[0];
        if (target.WinogradTile < 2
            || conv is not { KernelSize: 3, Stride: 1, Padding: ConvPadding.Same }
            || Math.Min(channels, columns) < MinChannels
            || channels % ChannelMultiple != 0)
        {
            return 0;
        }

        (int height, int width) = conv.Upsample2x ? (2 * x.Shape[-3], 2 * x.Shape[-2]) : (x.Shape[-3], x.Shape[-2]);
        long pixels = (long)height * width, images = x.Shape.Rows / (x.Shape[-3] * x.Shape[-2]);

        // Images that share a shift must be whole.
        if (pixels < MinPixels || (shift.IsPresent && images % shift.Shape[0] != 0))
        {
            return 0;
        }

        return target.WinogradTile >= 4 && channels <= MaxChannelsOfLargeTile ? 4 : 2;
    }

    /// <summary>Frames of a tile of a convolution along time, or 0 for the direct one: half or two thirds of the multiplications, twice or
    /// 4/3 of the weights.</summary>
    public static int Tile(Conv3d conv, ReadOnlySpan<TensorSpec> inputs, KernelTarget target)
    {
        (TensorSpec x, TensorSpec shift) = (inputs[0], inputs[3]);
        int channels = inputs[1].Shape.Channels, columns = inputs[1].Shape[0], frames = x.Shape[-4], pixels = x.Shape[-3] * x.Shape[-2];
        if (target.WinogradTile < 2
            || conv is not { KernelT: 3, KernelH: 1, KernelW: 1 }
            || Math.Min(channels, columns) < MinChannels
            || channels % ChannelMultiple != 0
            || pixels < MinPixels
            || (shift.IsPresent && x.Shape.Rows / ((long)frames * pixels) % shift.Shape[0] != 0))
        {
            return 0;
        }

        // One dimension squares the error once where two do it twice: all channel counts may have the large tile.
        return frames < 2 ? 0 : target.WinogradTile >= 4 && frames > 2 ? 4 : 2;
    }
}
