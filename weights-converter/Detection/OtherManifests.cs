using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.WeightsConverter.Detection;

/// <summary>The tensors of the KL auto-encoder, from its configuration. Source: AutoencoderKL of latent-diffusion.</summary>
public static class AutoencoderManifest
{
    /// <param name="hasEncoder">Text-to-video needs the decoder alone; a file may hold just that.</param>
    public static Manifest Of(AutoencoderConfig config, bool hasEncoder = true)
    {
        var entries = new List<ManifestEntry>();
        var root = new ManifestScope(entries);
        if (hasEncoder)
            Encoder(root / "encoder", config);
        Decoder(root / "decoder", config);
        if (hasEncoder)
            root.Conv("quant_conv", 2 * config.EmbedDim, 2 * config.ZChannels, kernel: 1);
        root.Conv("post_quant_conv", config.ZChannels, config.EmbedDim, kernel: 1);
        return new Manifest(entries);
    }

    private static void Encoder(ManifestScope w, AutoencoderConfig config)
    {
        long channels = config.Ch;
        w.Conv("conv_in", channels, config.InChannels);
        for (int level = 0; level < config.ChMult.Length; level++)
        {
            Blocks(w / $"down.{level}", ref channels, config.Ch * config.ChMult[level], config.NumResBlocks);
            if (level + 1 < config.ChMult.Length)
                w.Conv($"down.{level}.downsample.conv", channels, channels);
        }

        Middle(w / "mid", channels);
        w.Norm("norm_out", channels);
        w.Conv("conv_out", 2 * config.ZChannels, channels);
    }

    private static void Decoder(ManifestScope w, AutoencoderConfig config)
    {
        long channels = config.Ch * config.ChMult[^1];
        w.Conv("conv_in", channels, config.ZChannels);
        Middle(w / "mid", channels);
        for (int level = 0; level < config.ChMult.Length; level++)
        {
            // The blocks run from the deepest level up, but are listed by level.
            channels = config.Ch * config.ChMult[Math.Min(level + 1, config.ChMult.Length - 1)];
            Blocks(w / $"up.{level}", ref channels, config.Ch * config.ChMult[level], config.NumResBlocks + 1);
            if (level > 0)
                w.Conv($"up.{level}.upsample.conv", channels, channels);
        }

        w.Norm("norm_out", config.Ch * config.ChMult[0]);
        w.Conv("conv_out", config.OutChannels, config.Ch * config.ChMult[0]);
    }

    private static void Blocks(ManifestScope w, ref long channels, long outputs, int count)
    {
        for (int i = 0; i < count; i++, channels = outputs)
            Block(w / $"block.{i}", channels, outputs);
    }

    private static void Block(ManifestScope w, long inputs, long outputs)
    {
        w.Norm("norm1", inputs);
        w.Conv("conv1", outputs, inputs);
        w.Norm("norm2", outputs);
        w.Conv("conv2", outputs, outputs);
        if (inputs != outputs)
            w.Conv("nin_shortcut", outputs, inputs, kernel: 1);
    }

    private static void Middle(ManifestScope w, long channels)
    {
        Block(w / "block_1", channels, channels);
        w.Norm("attn_1.norm", channels);
        foreach (string name in (string[])["q", "k", "v", "proj_out"])
            w.Conv($"attn_1.{name}", channels, channels, kernel: 1);
        Block(w / "block_2", channels, channels);
    }
}

/// <summary>The tensors of CLIP's text tower, from its configuration: in OpenCLIP's names or in Hugging Face's.</summary>
public static class TextEncoderManifest
{
    /// <summary>As Hugging Face's CLIPTextModel has them.</summary>
    /// <param name="hasProjection">A CLIPTextModelWithProjection.</param>
    public static Manifest OfHuggingFace(TextEncoderConfig config, bool hasProjection)
    {
        var entries = new List<ManifestEntry>();
        ManifestScope root = new ManifestScope(entries) / "text_model";
        long width = config.HiddenSize;
        root.Tensor("embeddings.token_embedding.weight", config.VocabSize, width);
        root.Tensor("embeddings.position_embedding.weight", config.MaxPositionEmbeddings, width);
        for (int i = 0; i < config.NumHiddenLayers; i++)
        {
            ManifestScope block = root / $"encoder.layers.{i}";
            block.Norm("layer_norm1", width);
            block.Norm("layer_norm2", width);
            foreach (string projection in (string[])["q_proj", "k_proj", "v_proj", "out_proj"])
                block.Linear($"self_attn.{projection}", width, width);
            block.Linear("mlp.fc1", config.IntermediateSize, width);
            block.Linear("mlp.fc2", width, config.IntermediateSize);
        }

        root.Norm("final_layer_norm", width);
        if (hasProjection)
            new ManifestScope(entries).Tensor("text_projection.weight", config.ProjectionDim, width);
        return new Manifest(entries);
    }

    public static Manifest Of(TextEncoderConfig config)
    {
        var entries = new List<ManifestEntry>();
        var root = new ManifestScope(entries);
        long width = config.HiddenSize;
        root.Tensor("positional_embedding", config.MaxPositionEmbeddings, width);
        root.Tensor("text_projection", width, config.ProjectionDim);
        root.Tensor("logit_scale");
        for (int i = 0; i < config.NumHiddenLayers; i++)
        {
            ManifestScope block = root / $"transformer.resblocks.{i}";
            block.Norm("ln_1", width);
            block.Tensor("attn.in_proj_weight", 3 * width, width);
            block.Tensor("attn.in_proj_bias", 3 * width);
            block.Linear("attn.out_proj", width, width);
            block.Norm("ln_2", width);
            block.Linear("mlp.c_fc", config.IntermediateSize, width);
            block.Linear("mlp.c_proj", width, config.IntermediateSize);
        }

        root.Tensor("token_embedding.weight", config.VocabSize, width);
        root.Norm("ln_final", width);
        return new Manifest(entries);
    }
}

/// <summary>The tensors of the super-resolution network RRDBNet. Source: BasicSR.</summary>
public static class RrdbManifest
{
    /// <param name="growth">Channels each convolution of a dense block adds.</param>
    public static Manifest Of(int inChannels, int outChannels, int features, int blocks, int growth)
    {
        var entries = new List<ManifestEntry>();
        var root = new ManifestScope(entries);
        root.Conv("conv_first", features, inChannels);
        for (int i = 0; i < blocks; i++)
        {
            for (int dense = 1; dense <= 3; dense++)
            {
                for (int conv = 1; conv <= 5; conv++)
                    root.Conv($"body.{i}.rdb{dense}.conv{conv}", conv == 5 ? features : growth, features + ((conv - 1) * growth));
            }
        }

        foreach (string name in (string[])["conv_body", "conv_up1", "conv_up2", "conv_hr"])
            root.Conv(name, features, features);
        root.Conv("conv_last", outChannels, features);
        return new Manifest(entries);
    }
}
