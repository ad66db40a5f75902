using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Engine.Models;

/// <summary>What stands at the end of a stage.</summary>
public enum Resampling
{
    None,
    Down,
    Up,
}

/// <summary>One level of the U-Net, on one way.</summary>
/// <param name="Key">Prefix in the checkpoint: <c>down_blocks.0</c>.</param>
/// <param name="Inputs">Channels each residual block reads, skip included.</param>
/// <param name="Outputs">Channels each makes.</param>
/// <param name="Attentions">So many of the blocks, from the first on, are followed by space-time attention.</param>
/// <param name="End">What stands behind the last block.</param>
public sealed record MagicStage(string Key, ImmutableArray<int> Inputs, int Outputs, int Attentions, Resampling End);

/// <summary>MagicVideo's U-Net as a list of stages, in the topology and with the names of diffusers' UNet2DConditionModel.</summary>
public sealed record MagicUNetPlan(ImmutableArray<MagicStage> Down, MagicStage Middle, ImmutableArray<MagicStage> Up)
{
    /// <summary>Every stage in execution order.</summary>
    public IEnumerable<MagicStage> Stages => [.. Down, Middle, .. Up];

    public static MagicUNetPlan Create(MagicUNetConfig config)
    {
        (ImmutableArray<int> widths, int layers) = (config.BlockOutChannels, config.LayersPerBlock);
        Stack<int> skips = new([widths[0]]);
        List<MagicStage> down = [], up = [];
        int channels = widths[0], deepest = widths.Length - 1;
        for (int level = 0; level <= deepest; level++)
        {
            int outputs = widths[level];
            ImmutableArray<int> inputs = [channels, .. Enumerable.Repeat(outputs, layers - 1)];
            down.Add(new($"down_blocks.{level}", inputs, outputs, config.AttnLevels[level] ? layers : 0, level < deepest ? Resampling.Down : Resampling.None));
            for (int i = 0; i < (level < deepest ? layers + 1 : layers); i++)
            {
                skips.Push(outputs);
            }

            channels = outputs;
        }

        MagicStage middle = new("mid_block", [channels, channels], channels, 1, Resampling.None);
        for (int level = deepest; level >= 0; level--)
        {
            int outputs = widths[level];
            int[] inputs = new int[layers + 1];
            for (int i = 0; i <= layers; i++)
            {
                inputs[i] = (i == 0 ? channels : outputs) + skips.Pop();
            }

            up.Add(new($"up_blocks.{deepest - level}", [.. inputs], outputs, config.AttnLevels[level] ? layers + 1 : 0, level > 0 ? Resampling.Up : Resampling.None));
            channels = outputs;
        }

        return new([.. down], middle, [.. up]);
    }
}
