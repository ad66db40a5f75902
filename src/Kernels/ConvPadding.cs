namespace Hummingbird.Vulkan.Kernels;

/// <summary>Where a 2-D convolution pads its input with zeros.</summary>
public enum ConvPadding
{
    /// <summary>Half the kernel on all four sides; with stride 2 the U-Net's downsampling.</summary>
    Same = 0,

    /// <summary>One row at the bottom and one column at the right; with stride 2 the VAE encoder's downsampling
    /// (torch.nn.functional.pad (0, 1, 0, 1) before a convolution without padding).</summary>
    BottomRight = 1,
}
