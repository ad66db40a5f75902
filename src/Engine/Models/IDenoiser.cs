using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Graph;

namespace Hummingbird.Vulkan.Engine.Models;

/// <summary>A network that predicts the noise in a video, in two graphs: what no step changes, and the step.</summary>
public interface IDenoiser
{
    /// <summary>Width of the sinusoidal timestep and fps embeddings.</summary>
    int EmbeddingChannels { get; }

    /// <summary>Width of the guidance embedding, 0 where guidance is not an input.</summary>
    int GuidanceChannels { get; }

    /// <summary>Channels of all residual blocks' shifts side by side.</summary>
    int ShiftChannels { get; }

    /// <summary>For each cross-attention, in order: its width. Its keys and values are [B, L, 2 * width].</summary>
    ImmutableArray<int> CrossAttentionChannels { get; }

    /// <summary>The part that depends on timesteps and prompt alone; <paramref name="rows"/> are (step, sample) pairs, all steps at once.</summary>
    void BuildConditioning(GraphBuilder g, int rows, int batch, int contextLength);

    /// <summary>Declares what <see cref="Forward"/> reads besides the latents.</summary>
    UNetConditioning DeclareConditioning(GraphBuilder g, int batch, int contextLength, string suffix = "");

    /// <summary>The predicted noise of a sample [B, T, H, W, C].</summary>
    /// <param name="tap">Sees every layer's output under its name; for tests.</param>
    Value Forward(GraphBuilder g, Value sample, UNetConditioning conditioning, Action<string, Value>? tap = null);
}
