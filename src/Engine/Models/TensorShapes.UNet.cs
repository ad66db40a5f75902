using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Engine.Models;

public static partial class TensorShapes
{
    /// <summary>The space-time U-Net.</summary>
    public static IReadOnlyDictionary<string, ImmutableArray<int>> Of(UNetConfig config)
    {
        Collector t = new();
        UNetPlan plan = UNetPlan.Create(config);
        Conditioning(t, config);
        if (config.InitAttn)
        {
            Transformer(t, "init_attn.0", config.ModelChannels, config.InitAttnHeads * config.HeadDim, null, projection: [1]);
        }

        foreach (UNetStage stage in plan.Stages)
        {
            for (int i = 0; i < stage.Layers.Length; i++)
            {
                Layer(t, config, $"{stage.Key}.{i}", stage.Layers[i]);
            }
        }

        t.Norm("out.0", config.ModelChannels);
        t.Layer("out.2", config.OutChannels, config.ModelChannels, 3, 3);
        return t.Shapes;
    }

    private static void Conditioning(Collector t, UNetConfig config)
    {
        (int c, int wide) = (config.ModelChannels, config.EmbeddingDim);
        foreach (string mlp in (string[])["time_embed", .. config.FpsCond ? ["fps_embedding"] : Array.Empty<string>()])
        {
            t.Layer($"{mlp}.0", wide, c);
            t.Layer($"{mlp}.2", wide, wide);
        }

        if (config.TimeCondDim is int guidance)
        {
            t.Add("time_cond_proj.weight", c, guidance);
        }
    }

    private static void Layer(Collector t, UNetConfig config, string path, UNetLayer layer)
    {
        (int inputs, int outputs) = (layer.Inputs, layer.Outputs);
        switch (layer.Kind)
        {
            case UNetLayerKind.Stem:
                t.Layer(path, outputs, inputs, 3, 3);
                break;
            case UNetLayerKind.ResBlock:
                ResBlock(t, path, inputs, outputs, config.EmbeddingDim);
                break;
            case UNetLayerKind.SpatialTransformer:
                Transformer(t, path, outputs, outputs, config.ContextDim);
                break;
            case UNetLayerKind.TemporalTransformer:
                Transformer(t, path, outputs, outputs, null);
                break;
            case UNetLayerKind.Downsample:
                t.Layer($"{path}.op", outputs, inputs, 3, 3);
                break;
            default:
                t.Layer($"{path}.conv", outputs, inputs, 3, 3);
                break;
        }
    }

    private static void ResBlock(Collector t, string path, int inputs, int outputs, int embedding)
    {
        t.Norm($"{path}.in_layers.0", inputs);
        t.Layer($"{path}.in_layers.2", outputs, inputs, 3, 3);
        t.Layer($"{path}.emb_layers.1", outputs, embedding);
        t.Norm($"{path}.out_layers.0", outputs);
        t.Layer($"{path}.out_layers.3", outputs, outputs, 3, 3);
        t.LayerIf(inputs != outputs, $"{path}.skip_connection", outputs, inputs, 1, 1);
        for (int i = 1; i <= 4; i++)
        {
            t.Norm($"{path}.temopral_conv.conv{i}.0", outputs);
            t.Layer($"{path}.temopral_conv.conv{i}.{(i == 1 ? 2 : 3)}", outputs, outputs, 3, 1, 1);
        }
    }

    /// <param name="context">Width of what the second attention attends to; null for itself.</param>
    /// <param name="projection">Extents behind those of a matrix where the projections are stored as convolutions.</param>
    private static void Transformer(Collector t, string path, int channels, int inner, int? context, ReadOnlySpan<int> projection = default)
    {
        t.Norm($"{path}.norm", channels);
        t.Layer($"{path}.proj_in", [inner, channels, .. projection]);
        t.Layer($"{path}.proj_out", [channels, inner, .. projection]);
        string block = $"{path}.transformer_blocks.0";
        for (int i = 1; i <= 2; i++)
        {
            int attended = i == 2 ? context ?? inner : inner;
            t.Add($"{block}.attn{i}.to_q.weight", inner, inner);
            t.Add($"{block}.attn{i}.to_k.weight", inner, attended);
            t.Add($"{block}.attn{i}.to_v.weight", inner, attended);
            t.Layer($"{block}.attn{i}.to_out.0", inner, inner);
        }

        t.Layer($"{block}.ff.net.0.proj", 8 * inner, inner);
        t.Layer($"{block}.ff.net.2", inner, 4 * inner);
        for (int i = 1; i <= 3; i++)
        {
            t.Norm($"{block}.norm{i}", inner);
        }
    }
}
