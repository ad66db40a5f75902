using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Bench.Rdna;

/// <summary>A graph of a generation and how often it runs.</summary>
public sealed record GraphRuns(ComputeGraph Graph, int Runs);

/// <summary>The graphs of a whole generation, from an architecture alone: shapes are all that planning reads.</summary>
public static class ModelGraphs
{
    /// <param name="model">Which architecture.</param>
    /// <param name="storage">Storage types of the device plan.</param>
    /// <param name="frames">Frames of the video; null for the model's default.</param>
    /// <param name="steps">Denoising steps; null for the model's default.</param>
    public static ImmutableArray<GraphRuns> Of(PublishedModel model, StorageTypes storage, int? frames = null, int? steps = null)
    {
        GenerationDefaults defaults = model.Index.Defaults;
        (int t, int count) = (frames ?? defaults.Frames, steps ?? defaults.Steps);
        int factor = model.Vae.PixelsPerLatent, tokens = model.TextEncoder.MaxPositionEmbeddings;
        LatentSize size = new(t, defaults.Height / factor, defaults.Width / factor, model.Vae.ZChannels);
        bool isGuidedTwice = model.UNet.TimeCondDim is null;
        int prompts = isGuidedTwice ? 2 : 1;
        PromptEmbeddings prompt = new([], isGuidedTwice ? [] : null, tokens, model.TextEncoder.HiddenSize);
        UNet unet = new(model.UNet, new WeightScope(model.RandomUNet(0)));
        AutoencoderKL vae = new(model.Vae, new WeightScope(model.RandomVae(0)));
        return
        [
            new(Text(model, storage, tokens), prompts),
            new(UNetConditions.Build(unet, storage, count, tokens), prompts),
            new(StepGraph.Build(unet, storage, size, prompt), count),
            new(Decoding.BuildFrame(vae, storage, size), t),
        ];
    }

    private static ComputeGraph Text(PublishedModel model, StorageTypes storage, int tokens)
    {
        GraphBuilder g = new("text_encoder", DType.F32, storage.Weights);
        ClipTextModel encoder = new(model.TextEncoder, new WeightScope(model.RandomTextEncoder(0)));
        g.Output("states", encoder.Forward(g, g.Input("ids", [1, tokens], DType.I32)));
        return g.Build();
    }
}
