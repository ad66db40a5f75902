using System.Text.Json.Nodes;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Vectors;

/// <summary>A tiny MagicVideo folder as users have them, its weights random.</summary>
public static class MagicFolder
{
    private static readonly TextEncoderConfig Text = new(
        VocabSize: 600, MaxPositionEmbeddings: 16, HiddenSize: 12, IntermediateSize: 48, NumAttentionHeads: 2, NumHiddenLayers: 2, ProjectionDim: 12,
        HiddenAct: "quick_gelu", SkipLast: 0, BosTokenId: 512, EosTokenId: 513, PadTokenId: 513);

    /// <summary>Writes every file of the folder.</summary>
    public static void Write(string folder)
    {
        Weights(folder, "keyframe_unet/diffusion_pytorch_model", TensorShapes.Of(MagicVectors.Key));
        Weights(folder, "interp_unet/diffusion_pytorch_model", TensorShapes.Of(MagicVectors.Interpolation));
        Weights(folder, "sr_unet/diffusion_pytorch_model", TensorShapes.Of(MagicVectors.Upscaling));
        Weights(folder, "video_vae/diffusion_pytorch_model", TensorShapes.Of(MagicVectors.Vae));
        Weights(folder, "text_encoder/model", TensorShapes.Of(Text));
        Directory.CreateDirectory(Path.Combine(folder, "tokenizer"));
        File.WriteAllText(Path.Combine(folder, "tokenizer", "bpe_simple_vocab_16e6.txt"), "#no merges\n");
        Json(folder, "keyframe_unet", UNet(MagicVectors.Key));
        Json(folder, "interp_unet", UNet(MagicVectors.Interpolation));
        Json(folder, "sr_unet", UNet(MagicVectors.Upscaling));
        Json(folder, "video_vae", """
            {"in_channels":3,"z_channels":4,"channels":8,"mults":[1,2],"layers_per_block":1,"norm_groups":4,"num_frames":4,"temporal_heads":2,
             "temporal_sites":["mid","up.1"],"mask_mode":"pre","scale":0.18215}
            """);
        Json(folder, "text_encoder", """
            {"vocab_size":600,"max_position_embeddings":16,"hidden_size":12,"intermediate_size":48,"num_attention_heads":2,"num_hidden_layers":2,
             "projection_dim":12,"hidden_act":"quick_gelu","skip_last":0,"bos_token_id":512,"eos_token_id":513,"pad_token_id":513}
            """);
        Json(folder, "scheduler", """{"_class_name":"DDIMScheduler","guidance_embedding":false}""", "scheduler_config.json");
        Json(folder, ".", """
            {"_class_name":"MagicVideoPipeline","cascade":{"sr_scale":2,"sr_aug_level":100},
             "defaults":{"width":24,"height":16,"frames":4,"fps":2,"sampler":"ddim","steps":2,"guidance_scale":3.0}}
            """, "model_index.json");
    }

    private static string UNet(MagicUNetConfig config) => new JsonObject
    {
        ["in_channels"] = config.InChannels, ["out_channels"] = config.OutChannels, ["layers_per_block"] = config.LayersPerBlock, ["heads"] = config.Heads,
        ["block_out_channels"] = new JsonArray([.. config.BlockOutChannels.Select(c => (JsonNode)c)]),
        ["attn_levels"] = new JsonArray([.. config.AttnLevels.Select(a => (JsonNode)a)]),
        ["context_dim"] = config.ContextDim, ["norm_groups"] = config.NormGroups, ["num_frames"] = config.NumFrames, ["mask_mode"] = config.MaskMode,
    }.ToJsonString();

    private static void Weights(string folder, string path, IReadOnlyDictionary<string, System.Collections.Immutable.ImmutableArray<int>> shapes)
    {
        string file = Path.Combine(folder, path + ".safetensors");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        RandomWeights source = new(shapes, 1);
        SafetensorsWriter.Write(file, source.Names.Select(name => new WeightScope(source).Get(name))
            .Select(tensor => TensorToWrite.FromFloats(tensor.Name, [.. tensor.Shape.Select(d => (long)d)], tensor.ReadFloats())));
    }

    private static void Json(string folder, string part, string text, string name = "config.json")
    {
        Directory.CreateDirectory(Path.Combine(folder, part));
        File.WriteAllText(Path.Combine(folder, part, name), text);
    }
}
