using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Vectors;

/// <summary>Single operations against ops.safetensors.</summary>
public static class OperationVectors
{
    /// <summary>Name and difference of every operation.</summary>
    public static IEnumerable<(string Name, Difference Difference)> Compare(IGraphBackend backend, StorageTypes storage)
    {
        using VectorFile file = new("ops");
        GraphUnderTest run = new(backend, storage);
        Dictionary<string, float[]> expected = [];
        void Expect(string name, Value value, float[] values)
        {
            run.Output(name, value);
            expected.Add(name, values);
        }

        Convolutions(file, run, Expect);
        Norms(file, run, Expect);
        Linears(file, run, Expect);
        Attentions(file, run, Expect);
        IReadOnlyDictionary<string, float[]> found = run.Run();
        return [.. expected.Select(e => (e.Key, Difference.Between(found[e.Key], e.Value)))];
    }

    private static void Convolutions(VectorFile file, GraphUnderTest run, Action<string, Value, float[]> expect)
    {
        GraphBuilder g = run.Graph;
        Value x = run.Input("conv3x3.x", [1, 2, 7, 9, 6], file.ReadChannelsLast("conv3x3.x"));
        Value w = g.MatrixWeight([5, 3, 3, 6], isConvolution: true, Tensor(file, "conv3x3.w"));
        Value b = g.Parameter(Tensor(file, "conv3x3.b"));
        Value Conv(Conv2d kernel) => g.Add(kernel, "", x, w, b, null, null, null);
        expect("conv3x3", Conv(new Conv2d()), file.ReadChannelsLast("conv3x3.y"));
        expect("conv3x3_s2p1", Conv(new Conv2d(Stride: 2)), file.ReadChannelsLast("conv3x3_s2p1.y"));
        expect("conv3x3_s2_padrb", Conv(new Conv2d(Stride: 2, Padding: ConvPadding.BottomRight)), file.ReadChannelsLast("conv3x3_s2_padrb.y"));
        expect("upsample2x_conv3x3", Conv(new Conv2d(Upsample2x: true)), file.ReadChannelsLast("upsample2x_conv3x3.y"));
        Value w1 = g.MatrixWeight([5, 1, 1, 6], isConvolution: true, Tensor(file, "conv1x1.w"));
        expect("conv1x1", g.Add(new Conv2d(KernelSize: 1), "", x, w1, b, null, null, null), file.ReadChannelsLast("conv1x1.y"));
        Value video = run.Input("tconv.x", [2, 5, 3, 4, 8], file.ReadChannelsLast("tconv.x"));
        Value wt = g.MatrixWeight([8, 3, 1, 1, 8], isConvolution: true, Tensor(file, "tconv.w"));
        expect("tconv", g.Add(new Conv3d(3, 1, 1), "", video, wt, g.Parameter(Tensor(file, "tconv.b")), null, null), file.ReadChannelsLast("tconv.y"));
    }

    private static void Norms(VectorFile file, GraphUnderTest run, Action<string, Value, float[]> expect)
    {
        GraphBuilder g = run.Graph;
        Value x = run.Input("groupnorm32.x", [1, 2, 5, 6, 64], file.ReadChannelsLast("groupnorm32.x"));
        Value w = g.Parameter(Tensor(file, "groupnorm32.w")), b = g.Parameter(Tensor(file, "groupnorm32.b"));
        Value Norm(GroupNorm kernel) => g.Add(kernel, "", x, w, b, null);
        expect("groupnorm32_eps1e-5", Norm(new GroupNorm(32, 1e-5f)), file.ReadChannelsLast("groupnorm32_eps1e-5.y"));
        expect("groupnorm32_eps1e-6", Norm(new GroupNorm(32, 1e-6f)), file.ReadChannelsLast("groupnorm32_eps1e-6.y"));
        expect("groupnorm32_silu", Norm(new GroupNorm(32, 1e-5f, Activation.Silu)), file.ReadChannelsLast("groupnorm32_silu.y"));
        expect("groupnorm32_video", Norm(new GroupNorm(32, 1e-5f, Scope: NormScope.AllFrames)), file.ReadChannelsLast("groupnorm32_video_eps1e-5.y"));
        Value rows = run.Input("layernorm.x", [3, 7, 48], file.Read("layernorm.x"));
        Value normed = g.Add(new LayerNorm(), "", rows, g.Parameter(Tensor(file, "layernorm.w")), g.Parameter(Tensor(file, "layernorm.b")));
        expect("layernorm", normed, file.Read("layernorm.y"));
    }

    private static void Linears(VectorFile file, GraphUnderTest run, Action<string, Value, float[]> expect)
    {
        GraphBuilder g = run.Graph;
        Value x = run.Input("linear.x", [3, 7, 48], file.Read("layernorm.x"));
        Value Linear(string name, int n, Activation activation) => g.Add(
            new MatMul(activation), name, x, g.MatrixWeight([n, 48], isConvolution: false, Tensor(file, name + ".w")), g.Parameter(Tensor(file, name + ".b")), null, null);
        expect("linear", Linear("linear", 40, Activation.None), file.Read("linear.y"));
        expect("geglu", Linear("geglu", 96, Activation.Geglu), file.Read("geglu.y"));
        Value one = run.Input("act.x", [257, 1], file.Read("act.x"));
        expect("silu", g.Silu(one), file.Read("silu.y"));
        Value unit = g.MatrixWeight([1, 1], isConvolution: false, [WeightTensor.FromFloats("unit", [1, 1], new float[] { 1 })]);
        expect("gelu_erf", g.Add(new MatMul(Activation.GeluErf), "", one, unit, null, null, null), file.Read("gelu_erf.y"));
    }

    private static void Attentions(VectorFile file, GraphUnderTest run, Action<string, Value, float[]> expect)
    {
        GraphBuilder g = run.Graph;
        Value Tokens(string name, int heads, int length, int dim, int take) => run.Input(
            $"{name}[{take}]", [1, take, heads * dim], HeadsLast(file.Read(name), heads, length, dim, take));
        Value q = Tokens("sdpa.q", 2, 50, 64, 50);
        Value y = g.Attention(q, Tokens("sdpa.k", 2, 77, 64, 77), Tokens("sdpa.v", 2, 77, 64, 77), new(2, AttentionAxis.Sequence), "");
        expect("sdpa", y, HeadsLast(file.Read("sdpa.y"), 2, 50, 64, 50));
        y = g.Attention(q, Tokens("sdpa.k", 2, 77, 64, 50), Tokens("sdpa.v", 2, 77, 64, 50), new(2, AttentionAxis.Sequence, Causal: true), "");
        expect("sdpa_causal", y, HeadsLast(file.Read("sdpa_causal.y"), 2, 50, 64, 50));
        Value Wide(string name) => Tokens("sdpa_hd512." + name, 1, 12, 512, 12);
        expect("sdpa_hd512", g.Attention(Wide("q"), Wide("k"), Wide("v"), new(1, AttentionAxis.Sequence), ""), file.Read("sdpa_hd512.y"));
    }

    private static ImmutableArray<WeightTensor> Tensor(VectorFile file, string name) => [file.Weights("").Get(name)];

    /// <summary>(1, heads, L, D) -> the first <paramref name="take"/> tokens as [take, heads * D].</summary>
    private static float[] HeadsLast(float[] values, int heads, int length, int dim, int take)
    {
        float[] moved = new float[take * heads * dim];
        for (int h = 0; h < heads; h++)
        {
            for (int l = 0; l < take; l++)
            {
                values.AsSpan(((h * length) + l) * dim, dim).CopyTo(moved.AsSpan(((l * heads) + h) * dim));
            }
        }

        return moved;
    }
}
