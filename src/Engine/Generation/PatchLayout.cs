using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Engine.Generation;

/// <summary>Between a video in PyTorch's order, [C, T, H, W], and the patches a FIT works on, [patches, (C, pt, ph, pw)].</summary>
/// <remarks>Patches come group by group, groups and patches of a group in raster order. The sampler's state is in this order from the first
/// noise to the last step, so that cutting into patches and reassembling them is done once a video and never on the way.</remarks>
public sealed class PatchLayout(FitConfig config)
{
    public void ToPatches(ReadOnlySpan<float> video, Span<float> patches, int channels) => Move(video, patches, channels, toVideo: false);

    public void ToVideo(ReadOnlySpan<float> patches, Span<float> video, int channels) => Move(patches, video, channels, toVideo: true);

    private void Move(ReadOnlySpan<float> from, Span<float> to, int channels, bool toVideo)
    {
        int length = config.Patch[2], next = 0;
        for (int patch = 0; patch < config.Patches; patch++)
        {
            (int group, int within) = Math.DivRem(patch, config.PatchesPerGroup);
            (int t, int h, int w) = (First(group, within, 0), First(group, within, 1), First(group, within, 2));
            for (int line = 0; line < channels * config.Patch[0] * config.Patch[1]; line++, next += length)
            {
                int row = line % config.Patch[1], frame = line / config.Patch[1] % config.Patch[0], channel = line / config.Patch[1] / config.Patch[0];
                int at = ((((channel * config.Frames) + t + frame) * config.Height) + h + row) * config.Width + w;
                (int source, int target) = toVideo ? (next, at) : (at, next);
                from.Slice(source, length).CopyTo(to[target..]);
            }
        }
    }

    /// <summary>Where a patch starts along an axis, in frames or pixels.</summary>
    private int First(int group, int within, int axis)
    {
        for (int i = 2; i > axis; i--)
        {
            (group, within) = (group / config.Grid[i], within / config.Group[i]);
        }

        return (((group % config.Grid[axis]) * config.Group[axis]) + (within % config.Group[axis])) * config.Patch[axis];
    }
}
