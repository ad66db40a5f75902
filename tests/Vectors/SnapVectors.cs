using System.Diagnostics.CodeAnalysis;
using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Vectors;

/// <summary>Layers and tiny networks of Snap Video against PyTorch's tensors.</summary>
public static class SnapVectors
{
    public static FitConfig First { get; } = new(
        Size: [4, 8, 8], Patch: [1, 2, 2], Group: [4, 2, 2], PatchDim: 16, LatentCount: 8, LatentDim: 24, Blocks: 2, GlobalLayers: 2, PatchHeadDim: 8,
        LatentHeadDim: 12, CtxDim: 16, TextDim: 10, Fourier: 4);

    public static FitConfig Second { get; } = First with { Size = [4, 12, 16], Group = [4, 3, 4], CondChannels = 3, LatentCount = 12 };

    private static readonly FitConfig Local = First with { Blocks = 1, LocalLayers = 1 };

    /// <summary>Attention in its unequal widths, layers, dynamic threshold, each by itself.</summary>
    public static IEnumerable<(string Name, Difference Difference)> Layers(IGraphBackend backend, StorageTypes storage) =>
    [
        Layer(backend, storage, "sv_read_attention", "latents", "delta", (g, fit, x, other, w) => fit.CrossAttention(g, x, other!, w), "patches"),
        Layer(backend, storage, "sv_write_attention", "patches", "delta", (g, fit, x, other, w) => fit.CrossAttention(g, x, other!, w), "latents"),
        Layer(backend, storage, "sv_context_attention", "latents", "delta", (g, fit, x, other, w) => fit.CrossAttention(g, x, other!, w), "ctx"),
        Layer(backend, storage, "sv_local_group_attention", "patches", "y", (g, fit, x, _, w) => fit.SelfLayer(g, x, w, 8)),
        Layer(backend, storage, "sv_local_group_attention", "patches", "attn_delta", (g, _, x, _, w) => FitNetwork.SelfAttention(g, x, w / "attn", 8, null)),
        Layer(backend, storage, "sv_global_layer", "latents", "y", (g, fit, x, _, w) => fit.SelfLayer(g, x, w, 12)),
        Layer(backend, storage, "sv_global_layer", "latents", "attn_delta", (g, _, x, _, w) => FitNetwork.SelfAttention(g, x, w / "attn", 12, null)),
        DynamicThreshold(backend), FourierEmbed(backend, storage),
    ];

    /// <summary>Conditioning tokens, and both passes with and without latents of a pass before.</summary>
    public static IEnumerable<(string Name, Difference Difference)> FirstStage(IGraphBackend backend, StorageTypes storage)
    {
        using VectorFile file = new("sv_fit_tiny");
        float[] context = Context(backend, storage, file, First);
        List<(string, Difference)> results = [("ctx", Difference.Between(context, file.Read("out.ctx")))];
        results.AddRange(Network(backend, storage, file, First, context, "F", "latents", hasPrevious: false));
        results.AddRange(Network(backend, storage, file, First, context, "F_selfcond", "latents_selfcond", hasPrevious: true));
        return results;
    }

    /// <summary>The variant with attention among patches.</summary>
    public static IEnumerable<(string Name, Difference Difference)> LocalVariant(IGraphBackend backend, StorageTypes storage)
    {
        using VectorFile file = new("sv_fit_local_tiny");
        return Network(backend, storage, file, Local, Context(backend, storage, file, Local), "F", "latents", hasPrevious: false);
    }

    public static IEnumerable<(string Name, Difference Difference)> SecondStage(IGraphBackend backend, StorageTypes storage)
    {
        using VectorFile file = new("sv_fit_up_tiny");
        return Network(backend, storage, file, Second, Context(backend, storage, file, Second), "F", "latents", hasPrevious: true);
    }

    /// <summary>Tokens of both samples, each with its own numbers, null or not as the file says.</summary>
    private static float[] Context(IGraphBackend backend, StorageTypes storage, VectorFile file, FitConfig config)
    {
        FitConditioning conditioning = new(config, file.Weights("w."));
        (float[] text, float[] keep, float[] noise, float[] fps, float[] res) = (
            file.Read("in.text"), file.Read("in.text_keep"), file.Read("in.c_noise"), file.Read("in.u_fps"), file.Read("in.res"));
        float[] aug = file.Contains("in.aug") ? file.Read("in.aug") : [0, 0];
        int tokens = text.Length / 2 / config.TextDim;
        List<float> both = [];
        for (int i = 0; i < 2; i++)
        {
            float[] own = text.AsSpan(i * tokens * config.TextDim, tokens * config.TextDim).ToArray();
            double rate = fps[i] == 0 ? double.PositiveInfinity : 24 / (double)fps[i];
            FitInformation information = new(own, tokens, rate, (int)res[2 * i], (int)res[(2 * i) + 1], aug[i]);
            float[] branches = FitConditions.Compute(conditioning, backend, storage, information, [noise[i]], default).At(0);
            both.AddRange(branches.AsSpan(keep[i] == 0 ? 0 : branches.Length / 2, branches.Length / 2));
        }

        return [.. both];
    }

    private static IEnumerable<(string Name, Difference Difference)> Network(
        IGraphBackend backend, StorageTypes storage, VectorFile file, FitConfig config, float[] context, string answer, string latents, bool hasPrevious)
    {
        GraphUnderTest run = new(backend, storage);
        GraphBuilder g = run.Graph;
        FitNetwork fit = new(config, file.Weights("w."));
        Value Patches(string name, int channels)
            => run.Input(name, [2, config.Patches, channels * config.PatchPixels], ToPatches(config, file.Read("in." + name), channels));
        Value x = Patches("x", 3), tokens = run.Input("context", [2, context.Length / 2 / config.CtxDim, config.CtxDim], context);
        Value? low = config.CondChannels > 0 ? Patches("lowres", 3) : null;
        Value? previous = hasPrevious ? run.Input("previous", [2, config.LatentCount, config.LatentDim], file.Read("in.prev_latents")) : null;
        Value? coefficients = hasPrevious ? run.Raw("coefficients", [1, 4], [1, 1, 0, 0], DType.F32) : null;
        (Value patches, Value states) = fit.Forward(g, x, tokens, fit.StartLatents(g, 2, previous, coefficients), low);
        run.Output("patches", patches);
        run.Output("latents", states);
        IReadOnlyDictionary<string, float[]> found = run.Run();
        return
        [
            (answer, Difference.Between(found["patches"], ToPatches(config, file.Read("out." + answer), 3))),
            (latents, Difference.Between(found["latents"], file.Read("out." + latents))),
        ];
    }

    /// <summary>[B, C, T, H, W] to patches.</summary>
    public static float[] ToPatches(FitConfig config, float[] videos, int channels)
    {
        PatchLayout layout = new(config);
        int one = channels * config.Frames * config.Height * config.Width;
        float[] patches = new float[videos.Length];
        for (int at = 0; at < videos.Length; at += one)
        {
            layout.ToPatches(videos.AsSpan(at, one), patches.AsSpan(at, one), channels);
        }

        return patches;
    }

    private static (string, Difference) Layer(
        IGraphBackend backend, StorageTypes storage, string name, string input, string output,
        Func<GraphBuilder, FitNetwork, Value, Value?, WeightScope, Value> build, string? other = null)
    {
        using VectorFile file = new(name);
        GraphUnderTest run = new(backend, storage);
        Value Input(string tensor) => run.Input(tensor, [.. file.ShapeOf("in." + tensor)], file.Read("in." + tensor));
        WeightScope w = file.Weights("w.");
        run.Output("y", build(run.Graph, new(First, w), Input(input), other is null ? null : Input(other), w));
        return ($"{name}.{output}", Difference.Between(run.Run()["y"], file.Read("out." + output)));
    }

    private static (string, Difference) DynamicThreshold(IGraphBackend backend)
    {
        using VectorFile file = new("sv_dynamic_threshold");
        GraphUnderTest run = new(backend, StorageTypes.Single);
        run.Output("y", run.Graph.Add(new DynamicThreshold(0.995), "", run.Input("x", [2, 3, 4, 5, 6], file.Read("in.x"))));
        return ("dynamic_threshold", Difference.Between(run.Run()["y"], file.Read("out.y")));
    }

    private static (string, Difference) FourierEmbed(IGraphBackend backend, StorageTypes storage)
    {
        using VectorFile file = new("sv_fourier_embed");
        FitConditioning conditioning = new(First with { PatchDim = 2 }, new WeightScope(new Below("noise_embed.", file.Weights("w.").Source)));
        float[] inputs = file.Read("in.u");
        GraphBuilder g = new("fourier", DType.F32, storage.Weights);
        conditioning.Number(g, "noise", inputs.Length);
        using IGraphExecutor executor = backend.Prepare(g.Build());
        executor.Write("noise", [.. inputs.SelectMany(u => conditioning.Features("noise", u))]);
        executor.Run();
        float[] found = new float[file.Read("out.y").Length];
        executor.Read("noise", found);
        return ("fourier_embed", Difference.Between(found, file.Read("out.y")));
    }

    /// <summary>The tensors of another source under longer names.</summary>
    private sealed class Below(string prefix, IWeightSource inner) : IWeightSource
    {
        public string DisplayName => inner.DisplayName;

        public IEnumerable<string> Names => inner.Names.Select(name => prefix + name);

        public bool TryGet(string name, [NotNullWhen(true)] out WeightTensor? tensor)
        {
            tensor = null;
            return name.StartsWith(prefix, StringComparison.Ordinal) && inner.TryGet(name[prefix.Length..], out tensor);
        }
    }
}
