using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Bench.Models;

/// <summary>The U-Net that Snap Video is compared with (Menapace et al. 2024, table 7, "284M"), for FLOPs and time; its weights are random.</summary>
/// <remarks>The paper gives widths, multipliers, two residual blocks, attention at widths 32, 16 and 8 and 64-wide heads. The rest is a reading of
/// it: attention over frames behind every spatial one, text as further keys and values of each frame. It has 267 M parameters where the paper
/// says 284 M. Scale and shift of the second norms come in as that norm's parameters, which a step does not compute; where an image is halved,
/// four pixels are added (the factor belongs to the weights), and skips around an enlargement are enlarged bilinearly.</remarks>
public sealed class SnapUNetBaseline
{
    private const int Base = 192, Blocks = 2, Groups = 32, Head = 64, ContextChannels = 768, Tokens = 128, Colours = 3;

    private static readonly ImmutableArray<int> Multipliers = [1, 2, 3, 4];
    private static readonly ImmutableArray<int> AttentionWidths = [32, 16, 8];

    private readonly GraphBuilder g;
    private readonly DrawnWeights weights = new();
    private readonly Value context;
    private readonly int frames;

    private SnapUNetBaseline(GraphBuilder g, int frames)
        => (this.g, this.frames, context) = (g, frames, g.Input("context", [frames, Tokens, ContextChannels]));

    /// <summary>One evaluation for one video, as the network sees those of FIT 500M.</summary>
    public static ComputeGraph Evaluation(StorageTypes storage, int frames = 16, int height = 40, int width = 64)
    {
        GraphBuilder builder = new("unet_284m", storage.Activations, storage.Weights);
        Value sample = builder.Cast(builder.Input("sample", [1, frames, height, width, Colours], DType.F32), builder.Storage);
        builder.Output("answer", builder.Cast(new SnapUNetBaseline(builder, frames).Forward(sample), DType.F32));
        return builder.Build();
    }

    private Value Forward(Value sample)
    {
        Value h = Conv(sample, "in", Base);
        Stack<Value> skips = new([h]);
        for (int level = 0; level < Multipliers.Length; level++)
        {
            for (int i = 0; i < Blocks; i++)
            {
                h = Attend(Residual(h, null, $"down.{level}.{i}", Base * Multipliers[level]), $"down.{level}.{i}");
                skips.Push(h);
            }

            if (level + 1 < Multipliers.Length)
            {
                h = Residual(h, null, $"down.{level}.half", h.Shape.Channels, Halved);
                skips.Push(h);
            }
        }

        h = Residual(h, null, "middle.0", h.Shape.Channels);
        h = Residual(SpaceTime(h, "middle"), null, "middle.1", h.Shape.Channels);
        for (int level = Multipliers.Length - 1; level >= 0; level--)
        {
            for (int i = 0; i <= Blocks; i++)
            {
                h = Attend(Residual(h, skips.Pop(), $"up.{level}.{i}", Base * Multipliers[level]), $"up.{level}.{i}");
            }

            h = level > 0 ? Doubled(h, $"up.{level}.double") : h;
        }

        return Conv(Norm(h, "out_norm", Activation.Silu), "out", Colours);
    }

    private Value Residual(Value x, Value? skip, string path, int outputs, Func<Value, Value>? resized = null)
    {
        resized ??= static value => value;
        int inputs = x.Shape.Channels + (skip?.Shape.Channels ?? 0);
        Value h = Conv(resized(Norm(x, $"{path}.norm1", Activation.Silu, skip)), $"{path}.conv1", outputs);
        Value around = inputs == outputs && skip is null ? resized(x) : Projection(x, skip, $"{path}.skip", outputs);
        return Conv(Norm(h, $"{path}.norm2", Activation.Silu), $"{path}.conv2", outputs, residual: around);
    }

    private Value Doubled(Value x, string path)
    {
        int channels = x.Shape.Channels;
        Value around = g.Cast(g.Add(new ResizeBilinear(2), $"{path}.skip", g.Cast(x, DType.F32)), g.Storage);
        Value h = Conv(Norm(x, $"{path}.norm1", Activation.Silu), $"{path}.conv1", channels, new Conv2d(Upsample2x: true));
        return Conv(Norm(h, $"{path}.norm2", Activation.Silu), $"{path}.conv2", channels, residual: around);
    }

    /// <summary>Sums of two by two pixels: neighbours in a row are columns of a row half as long, two rows those of one twice as long.</summary>
    private Value Halved(Value x)
    {
        (int t, int height, int width, int c) = (x.Shape[1], x.Shape[2], x.Shape[3], x.Shape.Channels);
        Value pairs = g.Reshape(x, [1, t, height, width / 2, 2 * c]);
        Value across = g.Add(new Elementwise(ElementwiseOp.Add), "halved", g.Columns(pairs, 0, c), g.Columns(pairs, c, c));
        int row = width / 2 * c;
        Value lines = g.Reshape(across, [1, t, height / 2, 1, 2 * row]);
        Value down = g.Add(new Elementwise(ElementwiseOp.Add), "halved", g.Columns(lines, 0, row), g.Columns(lines, row, row));
        return g.Reshape(down, [1, t, height / 2, width / 2, c]);
    }

    private Value Attend(Value x, string path) => AttentionWidths.Contains(x.Shape[3]) ? SpaceTime(x, path) : x;

    private Value SpaceTime(Value x, string path)
    {
        int c = x.Shape.Channels, pixels = x.Shape[2] * x.Shape[3];
        Value own = g.Reshape(Linear(Norm(x, $"{path}.s.norm", Activation.None), $"{path}.s.qkv", 3 * c), [frames, pixels, 3 * c]);
        Value text = Linear(context, $"{path}.s.context", 2 * c);
        Value attended = g.Attention(
            g.Columns(own, 0, c), Keys(text, own, 0, c), Keys(text, own, 1, c), new Attention(c / Head, AttentionAxis.Sequence), $"{path}.s");
        x = Linear(g.Reshape(attended, x.Shape), $"{path}.s.out", c, x);
        Value qkv = Linear(Norm(x, $"{path}.t.norm", Activation.None), $"{path}.t.qkv", 3 * c);
        attended = g.Attention(g.Columns(qkv, 0, c), g.Columns(qkv, c, c), g.Columns(qkv, 2 * c, c), new Attention(c / Head, AttentionAxis.Temporal), $"{path}.t");
        return Linear(attended, $"{path}.t.out", c, x);
    }

    /// <summary>Keys (0) or values (1) of every frame: those of the text, then those of its pixels.</summary>
    private Value Keys(Value text, Value own, int which, int c)
    {
        int pixels = own.Shape[1];
        Value texts = g.Reshape(text, [frames * Tokens, 2 * c]), owns = g.Reshape(own, [frames * pixels, 3 * c]);
        Value[] parts = [.. Enumerable.Range(0, frames).SelectMany(f => (Value[])
        [
            g.Columns(g.Slices(texts, f * Tokens, Tokens), which * c, c),
            g.Columns(g.Slices(owns, f * pixels, pixels), (1 + which) * c, c),
        ])];
        return g.Reshape(g.Concatenate(parts), [frames, Tokens + pixels, c]);
    }

    private Value Norm(Value x, string path, Activation activation, Value? second = null)
        => g.GroupNorm(x, weights.Layer(path, true, x.Shape.Channels + (second?.Shape.Channels ?? 0)), new GroupNorm(Groups, 1e-5f, activation), second);

    private Value Conv(Value x, string path, int outputs, Conv2d? kernel = null, Value? residual = null)
        => g.Conv2d(x, weights.Layer(path, true, outputs, x.Shape.Channels, 3, 3), outputs, kernel ?? new Conv2d(), residual: residual);

    private Value Projection(Value x, Value? second, string path, int outputs)
        => g.Conv2d(x, weights.Layer(path, true, outputs, x.Shape.Channels + (second?.Shape.Channels ?? 0), 1, 1), outputs, new Conv2d(KernelSize: 1), second: second);

    private Value Linear(Value x, string path, int outputs, Value? residual = null)
        => g.Linear(x, weights.Layer(path, true, outputs, x.Shape.Channels), outputs, residual: residual);
}
