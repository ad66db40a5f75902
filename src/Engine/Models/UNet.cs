using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Models;

/// <summary>The space-time U-Net of VideoCrafter2 and the Hummingbirds: predicts the noise in a video latent.</summary>
/// <remarks>Every name below is the checkpoint's. Activations are [B, T, H, W, C]. What depends on the timestep (the residual
/// blocks' shifts) and on the prompt (cross-attention keys and values) alone is computed once by <see cref="BuildConditioning"/>.</remarks>
public sealed class UNet : IDenoiser
{
    private const float NormEpsilon = 1e-5f;

    private readonly UNetConfig config;
    private readonly WeightScope weights;
    private readonly UNetPlan plan;
    private readonly ImmutableArray<(string Path, int Channels)> resBlocks;
    private readonly ImmutableArray<(string Path, int Channels)> crossAttentions;

    public UNet(UNetConfig config, WeightScope weights)
    {
        this.config = config;
        this.weights = weights;
        plan = UNetPlan.Create(config);
        resBlocks = LayersOf(UNetLayerKind.ResBlock);
        crossAttentions = LayersOf(UNetLayerKind.SpatialTransformer);
    }

    public UNetPlan Plan => plan;

    /// <summary>Width of the sinusoidal timestep and fps embeddings.</summary>
    public int EmbeddingChannels => config.ModelChannels;

    /// <summary>Width of the guidance embedding, 0 where guidance is not an input.</summary>
    public int GuidanceChannels => config.TimeCondDim ?? 0;

    /// <summary>Channels of all residual blocks' shifts side by side.</summary>
    public int ShiftChannels => resBlocks.Sum(b => b.Channels);

    /// <summary>For each cross-attention, in order: its width. Its keys and values are [B, L, 2 * width].</summary>
    public ImmutableArray<int> CrossAttentionChannels => [.. crossAttentions.Select(a => a.Channels)];

    /// <summary>The part that does not depend on the latents.</summary>
    /// <remarks>Inputs: <c>timestep</c>, <c>fps</c> [R, model_channels], <c>guidance</c> [R, time_cond_dim], <c>context</c> [B, L, context_dim].
    /// Outputs: <c>emb</c> [R, 4 model_channels], <c>shifts</c> [R, <see cref="ShiftChannels"/>] fp32, <c>context_kv.i</c> [B, L, 2 C].
    /// R rows are (step, sample) pairs, all steps at once.</remarks>
    public void BuildConditioning(GraphBuilder g, int rows, int batch, int contextLength)
    {
        int m = config.ModelChannels;
        Value e = g.Input("timestep", [rows, m]);
        if (config.TimeCondDim is int guidanceChannels)
        {
            e = g.Linear(g.Input("guidance", [rows, guidanceChannels]), weights / "time_cond_proj", m, residual: e);
        }

        e = Mlp(g, e, weights / "time_embed", residual: null);
        if (config.FpsCond)
        {
            e = Mlp(g, g.Input("fps", [rows, m]), weights / "fps_embedding", residual: e);
        }

        g.Output("emb", g.Cast(e, DType.F32));
        g.Output("shifts", g.Cast(Shifts(g, g.Silu(e)), DType.F32));
        Value context = g.Input("context", [batch, contextLength, config.ContextDim]);
        for (int i = 0; i < crossAttentions.Length; i++)
        {
            WeightScope attention = weights / crossAttentions[i].Path / "transformer_blocks.0.attn2";
            g.Output($"context_kv.{i}", g.FusedLinear(context, crossAttentions[i].Channels, attention / "to_k", attention / "to_v"));
        }
    }

    /// <summary>Declares what <see cref="Forward"/> reads besides the latents: shifts of this step and the prompt's keys and values.</summary>
    /// <param name="suffix">Tells two prompts in one graph apart.</param>
    public UNetConditioning DeclareConditioning(GraphBuilder g, int batch, int contextLength, string suffix = "")
        => new(
            g.Inputs.TryGetValue("shifts", out Value? shifts) ? shifts : g.Input("shifts", [batch, ShiftChannels], DType.F32),
            [.. crossAttentions.Select((a, i) => g.Input($"context_kv.{i}{suffix}", [batch, contextLength, 2 * a.Channels]))]);

    /// <summary>The predicted noise.</summary>
    /// <param name="g">The graph.</param>
    /// <param name="sample">Latents [B, T, H, W, 4], storage type.</param>
    /// <param name="conditioning">From <see cref="DeclareConditioning"/>.</param>
    /// <param name="tap">Sees every layer's output under its name; for tests.</param>
    /// <returns>[B, T, H, W, 4].</returns>
    public Value Forward(GraphBuilder g, Value sample, UNetConditioning conditioning, Action<string, Value>? tap = null)
    {
        Stack<Value> skips = new();
        Value h = sample;
        foreach (UNetStage stage in plan.Encoder)
        {
            h = Run(g, stage, h, null, conditioning, tap);
            if (skips.Count == 0 && config.InitAttn)
            {
                h = TemporalTransformer(g, h, weights / "init_attn.0", config.InitAttnHeads * config.HeadDim);
                tap?.Invoke("init_attn.0", h);
            }

            skips.Push(h);   // the first skip is taken after init_attn
        }

        if (plan.Middle is not null)
        {
            h = Run(g, plan.Middle, h, null, conditioning, tap);
        }

        foreach (UNetStage stage in plan.Decoder)
        {
            h = Run(g, stage, h, skips.Pop(), conditioning, tap);
        }

        h = g.GroupNorm(h, weights / "out.0", new GroupNorm(config.Groups, NormEpsilon, Activation.Silu));
        return g.Conv2d(h, weights / "out.2", config.OutChannels, new Conv2d());
    }

    private static Value Mlp(GraphBuilder g, Value x, WeightScope w, Value? residual)
    {
        int width = (w / "0").Get("weight").Shape[0];
        return g.Linear(g.Linear(x, w / "0", width, Activation.Silu), w / "2", width, residual: residual);
    }

    private ImmutableArray<(string Path, int Channels)> LayersOf(UNetLayerKind kind)
        => [.. from stage in plan.Stages
               from layer in stage.Layers.Select((l, i) => (l.Kind, Path: $"{stage.Key}.{i}", l.Outputs))
               where layer.Kind == kind
               select (layer.Path, layer.Outputs)];

    /// <summary>All blocks' Linear(SiLU(emb)) as one product: their weights stacked.</summary>
    private Value Shifts(GraphBuilder g, Value emb)
    {
        WeightScope[] layers = [.. resBlocks.Select(b => weights / b.Path / "emb_layers.1")];
        Value weight = g.MatrixWeight([ShiftChannels, emb.Shape.Channels], isConvolution: false,
            [.. layers.Select((l, i) => l.Get("weight", resBlocks[i].Channels, emb.Shape.Channels))]);
        Value bias = g.Parameter([.. layers.Select((l, i) => l.Get("bias", resBlocks[i].Channels))]);
        return g.Add(new MatMul(), "emb_layers", emb, weight, bias, null, null);
    }

    private Value Run(GraphBuilder g, UNetStage stage, Value h, Value? skip, UNetConditioning conditioning, Action<string, Value>? tap)
    {
        for (int i = 0; i < stage.Layers.Length; i++)
        {
            UNetLayer layer = stage.Layers[i];
            string path = $"{stage.Key}.{i}";
            WeightScope w = weights / path;
            h = layer.Kind switch
            {
                UNetLayerKind.Stem => g.Conv2d(h, w, layer.Outputs, new Conv2d()),
                UNetLayerKind.ResBlock => ResBlock(g, h, skip, w, layer.Outputs, ShiftsOf(g, path, conditioning.Shifts)),
                UNetLayerKind.SpatialTransformer => SpatialTransformer(g, h, w, ContextOf(path, conditioning)),
                UNetLayerKind.TemporalTransformer => TemporalTransformer(g, h, w, layer.Outputs),
                UNetLayerKind.Downsample => g.Conv2d(h, w / "op", layer.Outputs, new Conv2d(Stride: 2)),
                _ => g.Conv2d(h, w / "conv", layer.Outputs, new Conv2d(Upsample2x: true)),
            };
            skip = null;
            tap?.Invoke(path, h);
        }

        return h;
    }

    private Value ShiftsOf(GraphBuilder g, string path, Value shifts)
    {
        int start = resBlocks.TakeWhile(b => b.Path != path).Sum(b => b.Channels);
        return g.Columns(shifts, start, resBlocks.First(b => b.Path == path).Channels);
    }

    private Value ContextOf(string path, UNetConditioning conditioning)
        => conditioning.ContextKeysValues[crossAttentions.Select(a => a.Path).ToList().IndexOf(path)];

    /// <summary>[GN SiLU conv] + shift, [GN SiLU conv] + skip, then the temporal convolutions with their own identity.</summary>
    internal Value ResBlock(GraphBuilder g, Value x, Value? skip, WeightScope w, int outputs, Value shift)
    {
        GroupNorm norm = new(config.Groups, NormEpsilon, Activation.Silu);
        Value identity = w.Contains("skip_connection.weight")
            ? g.Conv2d(x, w / "skip_connection", outputs, new Conv2d(KernelSize: 1), second: skip)
            : x;
        Value h = g.Conv2d(g.GroupNorm(x, w / "in_layers.0", norm, second: skip), w / "in_layers.2", outputs, new Conv2d(), shift: shift);
        h = g.Conv2d(g.GroupNorm(h, w / "out_layers.0", norm), w / "out_layers.3", outputs, new Conv2d(), residual: identity);
        return TemporalConvBlock(g, h, w / "temopral_conv");   // the checkpoints spell it so
    }

    /// <summary>h + 4 x [GN over all frames, SiLU, conv(3,1,1)].</summary>
    internal Value TemporalConvBlock(GraphBuilder g, Value h, WeightScope w)
    {
        GroupNorm norm = new(config.Groups, NormEpsilon, Activation.Silu, NormScope.AllFrames);
        Value y = h;
        for (int i = 1; i <= 4; i++)
        {
            // A dropout layer, inert now, sits between SiLU and convolution in the last three.
            WeightScope conv = w / $"conv{i}" / (i == 1 ? "2" : "3");
            y = g.TemporalConv(g.GroupNorm(y, w / $"conv{i}.0", norm), conv, residual: i == 4 ? h : null);
        }

        return y;
    }

    internal Value SpatialTransformer(GraphBuilder g, Value x, WeightScope w, Value contextKeysValues)
    {
        int c = x.Shape.Channels;
        TransformerBlock block = new(c / config.HeadDim, AttentionAxis.Spatial);
        Value y = g.GroupNorm(x, w / "norm", new GroupNorm(config.Groups, 1e-6f));
        y = block.Forward(g, g.Linear(y, w / "proj_in", c), w / "transformer_blocks.0", contextKeysValues);
        return g.Linear(y, w / "proj_out", c, residual: x);
    }

    internal Value TemporalTransformer(GraphBuilder g, Value x, WeightScope w, int inner)
    {
        TransformerBlock block = new(inner / config.HeadDim, AttentionAxis.Temporal);
        Value y = g.GroupNorm(x, w / "norm", new GroupNorm(config.Groups, 1e-6f, Scope: NormScope.AllFrames));
        y = block.Forward(g, g.Linear(y, w / "proj_in", inner), w / "transformer_blocks.0", contextKeysValues: null);
        return g.Linear(y, w / "proj_out", x.Shape.Channels, residual: x);
    }
}

/// <summary>What a U-Net call reads besides the latents.</summary>
/// <param name="Shifts">[B, all residual blocks' channels], of this step.</param>
/// <param name="ContextKeysValues">For each cross-attention [B, L, 2 C]: keys, then values.</param>
public sealed record UNetConditioning(Value Shifts, ImmutableArray<Value> ContextKeysValues);
