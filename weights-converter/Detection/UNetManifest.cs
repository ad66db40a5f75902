using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.WeightsConverter.Detection;

/// <summary>The tensors of a VideoCrafter-family U-Net, from its configuration.</summary>
/// <remarks>Source: openaimodel3d of VideoCrafter2; the stages are <see cref="UNetPlan"/>'s.</remarks>
public static class UNetManifest
{
    public static Manifest Of(UNetConfig config)
    {
        var entries = new List<ManifestEntry>();
        var root = new ManifestScope(entries);
        long c = config.ModelChannels, embedding = config.EmbeddingDim;
        Mlp(root / "time_embed", c, embedding);
        if (config.FpsCond)
            Mlp(root / "fps_embedding", c, embedding);
        if (config.TimeCondDim is int guidance)
            root.Tensor("time_cond_proj.weight", c, guidance);
        UNetPlan plan = UNetPlan.Create(config);
        foreach (UNetStage stage in plan.Encoder)
            Stage(root, config, stage);
        if (config.InitAttn)
            Temporal(root / "init_attn.0", c, (long)config.InitAttnHeads * config.HeadDim, isConvolution: true);
        if (plan.Middle is not null)
            Stage(root, config, plan.Middle);
        foreach (UNetStage stage in plan.Decoder)
            Stage(root, config, stage);
        root.Norm("out.0", c);
        root.Conv("out.2", config.OutChannels, c);
        return new Manifest(entries);
    }

    /// <summary>The weights that the pairs of a LoRA list change, in the list's order.</summary>
    public static IReadOnlyList<string> LoraLayers(UNetConfig config) => [.. LoraMerge.Layers(Of(config)).Select(l => l.Name)];

    private static void Mlp(ManifestScope scope, long inputs, long outputs)
    {
        scope.Linear("0", outputs, inputs);
        scope.Linear("2", outputs, outputs);
    }

    private static void Stage(ManifestScope root, UNetConfig config, UNetStage stage)
    {
        for (int i = 0; i < stage.Layers.Length; i++)
        {
            UNetLayer layer = stage.Layers[i];
            ManifestScope scope = root / $"{stage.Key}.{i}";
            switch (layer.Kind)
            {
                case UNetLayerKind.Stem: root.Conv($"{stage.Key}.{i}", layer.Outputs, layer.Inputs); break;
                case UNetLayerKind.ResBlock: ResBlock(scope, layer.Inputs, layer.Outputs, config.EmbeddingDim); break;
                case UNetLayerKind.SpatialTransformer: Spatial(scope, layer.Outputs, config); break;
                case UNetLayerKind.TemporalTransformer: Temporal(scope, layer.Outputs, layer.Outputs, isConvolution: false); break;
                case UNetLayerKind.Downsample: scope.Conv("op", layer.Outputs, layer.Inputs); break;
                default: scope.Conv("conv", layer.Outputs, layer.Inputs); break;
            }
        }
    }

    private static void ResBlock(ManifestScope w, long inputs, long outputs, long embedding)
    {
        w.Norm("in_layers.0", inputs);
        w.Conv("in_layers.2", outputs, inputs);
        w.Linear("emb_layers.1", outputs, embedding);
        w.Norm("out_layers.0", outputs);
        w.Conv("out_layers.3", outputs, outputs);
        if (inputs != outputs)
            w.Conv("skip_connection", outputs, inputs, kernel: 1);
        for (int i = 1; i <= 4; i++)
        {
            w.Norm($"temopral_conv.conv{i}.0", outputs);
            w.Layer($"temopral_conv.conv{i}.{(i == 1 ? 2 : 3)}", outputs, outputs, 3, 1, 1);
        }
    }

    private static void Spatial(ManifestScope w, long channels, UNetConfig config)
    {
        w.Norm("norm", channels);
        w.Linear("proj_in", channels, channels);
        Block(w / "transformer_blocks.0", channels, config.ContextDim, config.ImageCrossAttention);
        w.Linear("proj_out", channels, channels);
    }

    private static void Temporal(ManifestScope w, long channels, long inner, bool isConvolution)
    {
        w.Norm("norm", channels);
        if (isConvolution)
            w.Layer("proj_in", inner, channels, 1);
        else
            w.Linear("proj_in", inner, channels);
        Block(w / "transformer_blocks.0", inner, inner, hasImageKeys: false);
        if (isConvolution)
            w.Layer("proj_out", channels, inner, 1);
        else
            w.Linear("proj_out", channels, inner);
    }

    private static void Block(ManifestScope w, long width, long context, bool hasImageKeys)
    {
        Attention(w / "attn1", width, width, hasImageKeys: false);
        w.Linear("ff.net.0.proj", 8 * width, width);
        w.Linear("ff.net.2", width, 4 * width);
        Attention(w / "attn2", width, context, hasImageKeys);
        w.Norm("norm1", width);
        w.Norm("norm2", width);
        w.Norm("norm3", width);
    }

    private static void Attention(ManifestScope w, long width, long context, bool hasImageKeys)
    {
        w.Tensor("to_q.weight", width, width);
        w.Tensor("to_k.weight", width, context);
        w.Tensor("to_v.weight", width, context);
        w.Linear("to_out.0", width, width);
        if (hasImageKeys)
        {
            w.Tensor("to_k_ip.weight", width, context);
            w.Tensor("to_v_ip.weight", width, context);
        }
    }
}
