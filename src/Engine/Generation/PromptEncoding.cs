using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Text;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Generation;

/// <summary>What the text encoder makes of the prompts.</summary>
/// <param name="Prompt">[1, L, C].</param>
/// <param name="Negative">[1, L, C] of the negative (or empty) prompt; null where guidance is embedded.</param>
/// <param name="Tokens">L.</param>
/// <param name="Channels">C.</param>
public sealed record PromptEmbeddings(float[] Prompt, float[]? Negative, int Tokens, int Channels);

/// <summary>Text to embeddings; the encoder and its memory are gone when this is done.</summary>
public sealed class PromptEncoding(ModelFolder model, IGraphBackend backend, PhaseClock clock)
{
    public PromptEmbeddings Encode(GenerationRequest request, CancellationToken cancellation)
    {
        clock.Begin(GenerationPhase.Load, 1);
        ITokenizer tokenizer = model.Tokenizer;
        TextEncoderConfig config = model.TextEncoderConfig;
        (int length, int channels) = (config.MaxPositionEmbeddings, config.HiddenSize);
        using IGraphExecutor executor = backend.Prepare(Build(model, backend.Storage));
        clock.Begin(GenerationPhase.EncodePrompt, 1);
        float[] Embed(string text)
        {
            executor.Write("ids", [.. tokenizer.EncodeToContext(text).Select(id => (float)id)]);
            executor.Run(cancellation);
            float[] states = new float[length * channels];
            executor.Read("states", states);
            return states;
        }

        float[] prompt = Embed(request.Prompt);
        float[]? negative = RequestCheck.HasEmbeddedGuidance(model) ? null : Embed(request.NegativePrompt);
        return new(prompt, negative, length, channels);
    }

    /// <summary><c>ids</c> [1, L] -> <c>states</c> [1, L, C].</summary>
    public static ComputeGraph Build(ModelFolder model, StorageTypes storage)
    {
        // Prompts are short and this runs once: fp32 activations cost nothing and keep the conditioning exact.
        GraphBuilder g = new("text_encoder", DType.F32, storage.Weights);
        Value ids = g.Input("ids", [1, model.TextEncoderConfig.MaxPositionEmbeddings], DType.I32);
        g.Output("states", new ClipTextModel(model.TextEncoderConfig, new WeightScope(model.TextEncoder)).Forward(g, ids));
        return g.Build();
    }
}
