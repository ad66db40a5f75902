using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Engine.Models;

/// <summary>Names and shapes of a checkpoint's tensors, derived from a configuration: what <see cref="RandomWeights"/> is made with.</summary>
public static partial class TensorShapes
{
    /// <summary>The text tower, penultimate projection and all, as open_clip stores it.</summary>
    public static IReadOnlyDictionary<string, ImmutableArray<int>> Of(TextEncoderConfig config)
    {
        Collector t = new();
        int c = config.HiddenSize;
        t.Add("positional_embedding", config.MaxPositionEmbeddings, c);
        t.Add("token_embedding.weight", config.VocabSize, c);
        t.Norm("ln_final", c);
        t.Add("text_projection", c, config.ProjectionDim);
        t.Add("logit_scale");
        for (int i = 0; i < config.NumHiddenLayers; i++)
        {
            string block = $"transformer.resblocks.{i}";
            t.Norm($"{block}.ln_1", c);
            t.Add($"{block}.attn.in_proj_weight", 3 * c, c);
            t.Add($"{block}.attn.in_proj_bias", 3 * c);
            t.Layer($"{block}.attn.out_proj", c, c);
            t.Norm($"{block}.ln_2", c);
            t.Layer($"{block}.mlp.c_fc", config.IntermediateSize, c);
            t.Layer($"{block}.mlp.c_proj", c, config.IntermediateSize);
        }

        return t.Shapes;
    }

    /// <summary>Encoder and decoder of the auto-encoder.</summary>
    public static IReadOnlyDictionary<string, ImmutableArray<int>> Of(AutoencoderConfig config)
    {
        Collector t = new();
        int deepest = config.ChMult.Length - 1, middle = config.Ch * config.ChMult[deepest], channels = config.Ch;
        t.Layer("encoder.conv_in", channels, config.InChannels, 3, 3);
        for (int level = 0; level <= deepest; level++)
        {
            for (int block = 0; block < config.NumResBlocks; block++)
            {
                t.ResnetBlock($"encoder.down.{level}.block.{block}", channels, config.Ch * config.ChMult[level]);
                channels = config.Ch * config.ChMult[level];
            }

            t.LayerIf(level < deepest, $"encoder.down.{level}.downsample.conv", channels, channels, 3, 3);
        }

        t.Middle("encoder", middle, 2 * config.ZChannels);
        t.Layer("quant_conv", 2 * config.EmbedDim, 2 * config.ZChannels, 1, 1);
        t.Layer("post_quant_conv", config.ZChannels, config.EmbedDim, 1, 1);
        t.Layer("decoder.conv_in", middle, config.ZChannels, 3, 3);
        for (int level = deepest; level >= 0; level--)
        {
            for (int block = 0; block <= config.NumResBlocks; block++)
            {
                t.ResnetBlock($"decoder.up.{level}.block.{block}", channels, config.Ch * config.ChMult[level]);
                channels = config.Ch * config.ChMult[level];
            }

            t.LayerIf(level > 0, $"decoder.up.{level}.upsample.conv", channels, channels, 3, 3);
        }

        t.Middle("decoder", middle, config.OutChannels, config.Ch);
        return t.Shapes;
    }

    private sealed class Collector
    {
        private readonly Dictionary<string, ImmutableArray<int>> shapes = new(StringComparer.Ordinal);

        public IReadOnlyDictionary<string, ImmutableArray<int>> Shapes => shapes;

        public void Add(string name, params ReadOnlySpan<int> shape) => shapes.Add(name, [.. shape]);

        /// <summary>A weight and its bias.</summary>
        public void Layer(string path, params ReadOnlySpan<int> weight)
        {
            Add($"{path}.weight", weight);
            Add($"{path}.bias", weight[0]);
        }

        public void LayerIf(bool isPresent, string path, params ReadOnlySpan<int> weight)
        {
            if (isPresent)
            {
                Layer(path, weight);
            }
        }

        public void Norm(string path, int channels) => Layer(path, channels);

        public void ResnetBlock(string path, int inputs, int outputs)
        {
            Norm($"{path}.norm1", inputs);
            Layer($"{path}.conv1", outputs, inputs, 3, 3);
            Norm($"{path}.norm2", outputs);
            Layer($"{path}.conv2", outputs, outputs, 3, 3);
            LayerIf(inputs != outputs, $"{path}.nin_shortcut", outputs, inputs, 1, 1);
        }

        /// <summary>A residual block's norms, convolutions and shortcut in diffusers' names.</summary>
        public void DiffusersBlock(string path, int inputs, int outputs)
        {
            Norm($"{path}.norm1", inputs);
            Layer($"{path}.conv1", outputs, inputs, 3, 3);
            Norm($"{path}.norm2", outputs);
            Layer($"{path}.conv2", outputs, outputs, 3, 3);
            LayerIf(inputs != outputs, $"{path}.conv_shortcut", outputs, inputs, 1, 1);
        }

        /// <summary>A frame-wise adaptor; image models (one frame) have none.</summary>
        public void Adaptor(string path, int frames, int channels)
        {
            if (frames > 1)
            {
                Add($"{path}.gamma", frames, channels);
                Add($"{path}.beta", frames, channels);
            }
        }

        public void TemporalAttention(string path, int frames, int channels)
        {
            Norm($"{path}.norm", channels);
            Add($"{path}.pos_emb", frames, channels);
            foreach (string projection in (ReadOnlySpan<string>)["to_q", "to_k", "to_v"])
            {
                Add($"{path}.{projection}.weight", channels, channels);
            }

            Layer($"{path}.to_out.0", channels, channels);
        }

        /// <summary>The middle of one half of the auto-encoder, and its way out.</summary>
        public void Middle(string path, int channels, int outputs, int? outermost = null)
        {
            ResnetBlock($"{path}.mid.block_1", channels, channels);
            ResnetBlock($"{path}.mid.block_2", channels, channels);
            Norm($"{path}.mid.attn_1.norm", channels);
            foreach (string projection in (ReadOnlySpan<string>)["q", "k", "v", "proj_out"])
            {
                Layer($"{path}.mid.attn_1.{projection}", channels, channels, 1, 1);
            }

            Norm($"{path}.norm_out", outermost ?? channels);
            Layer($"{path}.conv_out", outputs, outermost ?? channels, 3, 3);
        }
    }
}
