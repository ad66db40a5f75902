using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Models;

/// <summary>MagicVideo's U-Net: an image U-Net whose layers all frames share, a frame-wise adaptor behind each convolution and spatial
/// attention, and directed attention over frames beside the spatial one.</summary>
/// <remarks>Two graphs, as <see cref="UNet"/>: <see cref="BuildConditioning"/> and <c>Forward</c>. Names are those of diffusers'
/// UNet2DConditionModel, so that Stable Diffusion 1.x weights load; absent adaptors change nothing and absent temporal attention adds
/// nothing. With one frame it is the super-resolution network. Source: MagicVideo, 2022, figure 3.</remarks>
public sealed class MagicUNet : IDenoiser
{
    private const float NormEpsilon = 1e-5f, TransformerEpsilon = 1e-6f;

    private readonly MagicUNetConfig config;
    private readonly WeightScope weights;
    private readonly MagicUNetPlan plan;
    private readonly ImmutableArray<(string Path, int Channels)> resBlocks;
    private readonly ImmutableArray<(string Path, int Channels)> attentions;

    public MagicUNet(MagicUNetConfig config, WeightScope weights)
    {
        this.config = config;
        this.weights = weights;
        plan = MagicUNetPlan.Create(config);
        resBlocks = [.. plan.Stages.SelectMany(s => s.Inputs.Select((_, i) => ($"{s.Key}.resnets.{i}", s.Outputs)))];
        attentions = [.. plan.Stages.SelectMany(s => Enumerable.Range(0, s.Attentions).Select(i => ($"{s.Key}.attentions.{i}", s.Outputs)))];
    }

    public int EmbeddingChannels => config.BlockOutChannels[0];

    public int GuidanceChannels => 0;

    public int ShiftChannels => resBlocks.Sum(b => b.Channels);

    public ImmutableArray<int> CrossAttentionChannels => [.. attentions.Select(a => a.Channels)];

    private GroupNorm NormSilu => new(config.NormGroups, NormEpsilon, Activation.Silu);

    /// <summary>Shifts of all residual blocks from time and frame rate, keys and values of all cross-attentions from the prompt.</summary>
    /// <remarks>Inputs: <c>timestep</c>, <c>fps</c> [R, C0], <c>context</c> [B, L, context_dim]. Outputs: <c>shifts</c>
    /// [R, <see cref="ShiftChannels"/>] fp32, <c>context_kv.i</c> [B, L, 2 C]. Where an image model has no fps_embedding, frame rate
    /// changes nothing.</remarks>
    public void BuildConditioning(GraphBuilder g, int rows, int batch, int contextLength)
    {
        int m = EmbeddingChannels;
        Value fps = g.Input("fps", [rows, m]);
        Value? ofFps = weights.TryGet("fps_embedding.linear_1.weight", out _) ? Mlp(g, fps, weights / "fps_embedding", null) : null;
        Value e = g.Silu(Mlp(g, g.Input("timestep", [rows, m]), weights / "time_embedding", ofFps));
        WeightScope[] layers = [.. resBlocks.Select(b => weights / b.Path / "time_emb_proj")];
        Value weight = g.MatrixWeight([ShiftChannels, config.EmbeddingDim], isConvolution: false,
            [.. layers.Select((l, i) => l.Get("weight", resBlocks[i].Channels, config.EmbeddingDim))]);
        Value bias = g.Parameter([.. layers.Select((l, i) => l.Get("bias", resBlocks[i].Channels))]);
        g.Output("shifts", g.Cast(g.Add(new MatMul(), "time_emb_proj", e, weight, bias, null, null), DType.F32));
        Value context = g.Input("context", [batch, contextLength, config.ContextDim]);
        for (int i = 0; i < attentions.Length; i++)
        {
            WeightScope cross = weights / attentions[i].Path / "transformer_blocks.0.attn2";
            g.Output($"context_kv.{i}", g.FusedLinear(context, attentions[i].Channels, cross / "to_k", cross / "to_v"));
        }
    }

    public UNetConditioning DeclareConditioning(GraphBuilder g, int batch, int contextLength, string suffix = "")
        => new(
            g.Inputs.TryGetValue("shifts", out Value? shifts) ? shifts : g.Input("shifts", [batch, ShiftChannels], DType.F32),
            [.. attentions.Select((a, i) => g.Input($"context_kv.{i}{suffix}", [batch, contextLength, 2 * a.Channels]))]);

    public Value Forward(GraphBuilder g, Value sample, UNetConditioning conditioning, Action<string, Value>? tap = null)
        => Forward(g, sample, null, conditioning, tap);

    /// <summary>The predicted noise.</summary>
    /// <param name="g">The graph.</param>
    /// <param name="sample">[B, F, H, W, C], storage type.</param>
    /// <param name="given">Channels behind the sample's: a mask, or an image to be enlarged.</param>
    /// <param name="conditioning">From <see cref="DeclareConditioning"/>; its batch divides B, samples share it in order.</param>
    /// <param name="tap">Sees every stage's output under its name; for tests.</param>
    public Value Forward(GraphBuilder g, Value sample, Value? given, UNetConditioning conditioning, Action<string, Value>? tap = null)
    {
        Stack<Value> skips = new();
        Value h = FrameAdaptor.Conv2d(
            g, sample, weights / "conv_in", weights / "conv_in_adaptor", config.BlockOutChannels[0], new Conv2d(), second: given);
        skips.Push(h);
        foreach (MagicStage stage in plan.Down)
        {
            h = Run(g, stage, h, () => null, skips.Push, conditioning);
            tap?.Invoke(stage.Key, h);
        }

        h = Run(g, plan.Middle, h, () => null, _ => { }, conditioning);
        tap?.Invoke(plan.Middle.Key, h);
        foreach (MagicStage stage in plan.Up)
        {
            h = Run(g, stage, h, skips.Pop, _ => { }, conditioning);
            tap?.Invoke(stage.Key, h);
        }

        return g.Conv2d(g.GroupNorm(h, weights / "conv_norm_out", NormSilu), weights / "conv_out", config.OutChannels, new Conv2d());
    }

    /// <summary>[GN SiLU conv adaptor] + shift, [GN SiLU conv adaptor] + skip.</summary>
    internal Value ResBlock(GraphBuilder g, Value x, Value? skip, WeightScope w, int outputs, Value shift)
    {
        Value identity = w.TryGet("conv_shortcut.weight", out _)
            ? g.Conv2d(x, w / "conv_shortcut", outputs, new Conv2d(KernelSize: 1), second: skip)
            : x;
        Value h = g.GroupNorm(x, w / "norm1", NormSilu, second: skip);
        h = FrameAdaptor.Conv2d(g, h, w / "conv1", w / "adaptor1", outputs, new Conv2d(), shift: shift);
        return FrameAdaptor.Conv2d(g, g.GroupNorm(h, w / "norm2", NormSilu), w / "conv2", w / "adaptor2", outputs, new Conv2d(), residual: identity);
    }

    /// <summary>Space-time attention: adaptor(spatial(u)) + directed temporal attention(u); both start from u.</summary>
    internal Value SpaceTime(GraphBuilder g, Value u, WeightScope stage, int index, Value contextKeysValues)
    {
        WeightScope adaptor = stage / $"attn_adaptors.{index}", temporal = stage / $"temporal_attentions.{index}";
        Value spatial = SpatialTransformer(g, u, stage / $"attentions.{index}", contextKeysValues);
        bool isAdapted = adaptor.TryGet("gamma", out _), isTemporal = temporal.TryGet("pos_emb", out _);
        Value? change = isTemporal
            ? new DirectedTemporalAttention(config.Heads, config.MaskMode).Forward(g, u, temporal, isAdapted ? null : spatial)
            : null;
        return isAdapted ? FrameAdaptor.Apply(g, spatial, adaptor, change) : change ?? spatial;
    }

    private static Value Mlp(GraphBuilder g, Value x, WeightScope w, Value? residual)
    {
        int width = (w / "linear_1").Get("weight").Shape[0];
        return g.Linear(g.Linear(x, w / "linear_1", width, Activation.Silu), w / "linear_2", width, residual: residual);
    }

    private Value SpatialTransformer(GraphBuilder g, Value x, WeightScope w, Value contextKeysValues)
    {
        int c = x.Shape.Channels;
        TransformerBlock block = new(config.Heads, AttentionAxis.Spatial);
        Value y = g.GroupNorm(x, w / "norm", new GroupNorm(config.NormGroups, TransformerEpsilon));
        y = block.Forward(g, g.Linear(y, w / "proj_in", c), w / "transformer_blocks.0", contextKeysValues);
        return g.Linear(y, w / "proj_out", c, residual: x);
    }

    private Value Run(GraphBuilder g, MagicStage stage, Value h, Func<Value?> takeSkip, Action<Value> leaveSkip, UNetConditioning conditioning)
    {
        WeightScope w = weights / stage.Key;
        for (int i = 0; i < stage.Inputs.Length; i++)
        {
            string path = $"{stage.Key}.resnets.{i}";
            int first = resBlocks.TakeWhile(b => b.Path != path).Sum(b => b.Channels);
            h = ResBlock(g, h, takeSkip(), weights / path, stage.Outputs, g.Columns(conditioning.Shifts, first, stage.Outputs));
            if (i < stage.Attentions)
            {
                int attention = attentions.IndexOf(($"{stage.Key}.attentions.{i}", stage.Outputs));
                h = SpaceTime(g, h, w, i, conditioning.ContextKeysValues[attention]);
            }

            leaveSkip(h);
        }

        if (stage.End == Resampling.None)
        {
            return h;
        }

        WeightScope sampler = w / (stage.End == Resampling.Down ? "downsamplers.0" : "upsamplers.0");
        Conv2d kernel = stage.End == Resampling.Down ? new(Stride: 2) : new(Upsample2x: true);
        h = FrameAdaptor.Conv2d(g, h, sampler / "conv", sampler / "adaptor", stage.Outputs, kernel);
        leaveSkip(h);
        return h;
    }
}
