using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Engine.Models;

public static partial class TensorShapes
{
    /// <summary>A FIT of Snap Video.</summary>
    public static IReadOnlyDictionary<string, ImmutableArray<int>> Of(FitConfig config)
    {
        FitCollector t = new(config);
        t.All.Add("pos_embed", config.Patches, config.PatchDim);
        t.All.Add("latents", config.LatentCount, config.LatentDim);
        t.All.Layer("patch_embed.proj", config.PatchDim, (config.InChannels + config.CondChannels) * config.PatchPixels);
        t.All.Norm("patch_embed.norm", config.PatchDim);
        t.All.Add("text_proj.weight", config.CtxDim, config.TextDim);
        t.Embedders();
        t.FeedForward("self_cond.ff", config.LatentDim);
        t.All.Add("self_cond.norm.weight", config.LatentDim);
        for (int i = 0; i < config.Blocks; i++)
        {
            t.Block($"blocks.{i}");
        }

        t.SelfLayers($"blocks.{config.Blocks}.local_layers", config.LocalLayers, config.PatchDim);
        t.All.Add("final_norm.weight", config.PatchDim);
        t.All.Layer("unpatch", config.InChannels * config.PatchPixels, config.PatchDim);
        return t.All.Shapes;
    }

    /// <summary>The encoder of a T5.</summary>
    public static IReadOnlyDictionary<string, ImmutableArray<int>> Of(T5Config config)
    {
        Collector t = new();
        int inner = config.NumHeads * config.DKv, width = config.DModel;
        t.Add("shared.weight", config.VocabSize, width);
        t.Add("encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight", config.RelativeAttentionNumBuckets, config.NumHeads);
        for (int i = 0; i < config.NumLayers; i++)
        {
            string layers = $"encoder.block.{i}.layer";
            foreach (string projection in (ReadOnlySpan<string>)["q", "k", "v"])
            {
                t.Add($"{layers}.0.SelfAttention.{projection}.weight", inner, width);
            }

            t.Add($"{layers}.0.SelfAttention.o.weight", width, inner);
            t.Add($"{layers}.0.layer_norm.weight", width);
            foreach (string projection in config.IsGated ? (ReadOnlySpan<string>)["wi_0", "wi_1"] : ["wi"])
            {
                t.Add($"{layers}.1.DenseReluDense.{projection}.weight", config.DFf, width);
            }

            t.Add($"{layers}.1.DenseReluDense.wo.weight", width, config.DFf);
            t.Add($"{layers}.1.layer_norm.weight", width);
        }

        t.Add("encoder.final_layer_norm.weight", width);
        return t.Shapes;
    }

    private sealed class FitCollector(FitConfig config)
    {
        public Collector All { get; } = new();

        public void Embedders()
        {
            int hidden = config.EmbedderDim;
            foreach (string name in config.CondChannels > 0 ? (ReadOnlySpan<string>)["noise", "fps", "aug"] : ["noise", "fps"])
            {
                All.Add($"{name}_embed.freqs", config.Fourier / 2);
                All.Layer($"{name}_embed.mlp.0", hidden, config.Fourier + 1);
                All.Layer($"{name}_embed.mlp.2", config.CtxDim, hidden);
            }

            All.Layer("res_embed.0", hidden, 2);
            All.Layer("res_embed.2", config.CtxDim, hidden);
        }

        public void Block(string path)
        {
            SelfLayers($"{path}.local_layers", config.LocalLayers, config.PatchDim);
            CrossAttention($"{path}.ctx_attn", config.LatentDim, config.CtxDim);
            FeedForward($"{path}.ctx_ff", config.LatentDim);
            CrossAttention($"{path}.read_attn", config.LatentDim, config.PatchDim);
            FeedForward($"{path}.read_ff", config.LatentDim);
            SelfLayers($"{path}.global_layers", config.GlobalLayers, config.LatentDim);
            CrossAttention($"{path}.write_attn", config.PatchDim, config.LatentDim);
            FeedForward($"{path}.write_ff", config.PatchDim);
        }

        public void SelfLayers(string path, int count, int channels)
        {
            for (int i = 0; i < count; i++)
            {
                All.Add($"{path}.{i}.attn.norm_q.weight", channels);
                Projections($"{path}.{i}.attn", channels, channels, channels);
                FeedForward($"{path}.{i}.ff", channels);
            }
        }

        public void FeedForward(string path, int channels)
        {
            All.Add($"{path}.norm.weight", channels);
            All.Layer($"{path}.fc1", config.FfMult * channels, channels);
            All.Layer($"{path}.fc2", channels, config.FfMult * channels);
        }

        private void CrossAttention(string path, int channels, int others)
        {
            All.Add($"{path}.norm_q.weight", channels);
            All.Add($"{path}.norm_kv.weight", others);
            Projections(path, channels, others, Math.Min(channels, others));
        }

        private void Projections(string path, int channels, int others, int inner)
        {
            All.Add($"{path}.to_q.weight", inner, channels);
            All.Add($"{path}.to_kv.weight", 2 * inner, others);
            All.Add($"{path}.to_out.weight", channels, inner);
        }
    }
}
