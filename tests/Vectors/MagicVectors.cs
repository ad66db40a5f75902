using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Schedulers;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Vectors;

/// <summary>MagicVideo's layers and tiny networks against the PyTorch reference's tensors.</summary>
public static class MagicVectors
{
    internal static readonly MagicUNetConfig Key = new(
        BlockOutChannels: [16, 32], AttnLevels: [true, false], LayersPerBlock: 1, Heads: 2, ContextDim: 12, NormGroups: 4, NumFrames: 4);

    internal static readonly MagicUNetConfig Interpolation = Key with { InChannels = 5, NumFrames = 5 };

    internal static readonly MagicUNetConfig Upscaling = Key with
    {
        InChannels = 6, OutChannels = 3, BlockOutChannels = [8, 16], AttnLevels = [false, true], NumFrames = 1,
    };

    internal static readonly VideoVaeConfig Vae = new(Channels: 8, Mults: [1, 2], LayersPerBlock: 1, NormGroups: 4, NumFrames: 4, TemporalHeads: 2);

    internal static readonly TextEncoderConfig NoText = new(MaxPositionEmbeddings: 5, HiddenSize: 12);

    /// <summary>mv_adaptor, mv_directed_temporal_attention, its GroupNorm form, mv_resblock, mv_st_block.</summary>
    public static IEnumerable<(string Name, Difference Difference)> Layers(IGraphBackend backend, StorageTypes storage)
        => [.. Adaptor(backend, storage), .. Attention(backend, storage), .. ResBlock(backend, storage), .. SpaceTime(backend, storage)];

    /// <summary>mv_unet_tiny: two samples, each with its own timestep, prompt and frame rate.</summary>
    public static IEnumerable<(string Name, Difference Difference)> KeyframeUNet(IGraphBackend backend, StorageTypes storage)
    {
        using VectorFile file = new("mv_unet_tiny");
        MagicUNet unet = new(Key, file.Weights("w."));
        float[] eps = Predict(backend, storage, unet, file, "fps", file.VideoShape("in.x", 2), file.ReadChannelsLast("in.x"), null);
        return [("eps", Difference.Between(eps, file.ReadChannelsLast("out.eps")))];
    }

    /// <summary>mv_interp_tiny: keyframes in slots 0 and 1, the mask as a fifth channel from a second source.</summary>
    public static IEnumerable<(string Name, Difference Difference)> InterpolationUNet(IGraphBackend backend, StorageTypes storage)
    {
        using VectorFile file = new("mv_interp_tiny");
        MagicUNet unet = new(Interpolation, file.Weights("w."));
        float[] pair = file.ReadChannelsLast("in.pair"), middle = file.ReadChannelsLast("in.x");
        float[] mask = [.. Enumerable.Repeat(1f, 2 * 24), .. Enumerable.Repeat(0f, 3 * 24)];
        float[] eps = Predict(backend, storage, unet, file, "fps", [1, 5, 4, 6, 4], [.. pair, .. middle], mask);
        return [("eps_middle", Difference.Between(eps.AsSpan(pair.Length), file.ReadChannelsLast("out.eps_middle")))];
    }

    /// <summary>mv_sr_tiny: one frame, no adaptors and no attention over frames, the noise level in the place of the frame rate.</summary>
    public static IEnumerable<(string Name, Difference Difference)> UpscalingUNet(IGraphBackend backend, StorageTypes storage)
    {
        using VectorFile file = new("mv_sr_tiny");
        MagicUNet unet = new(Upscaling, file.Weights("w."));
        float[] eps = Predict(backend, storage, unet, file, "level", file.VideoShape("in.x", 2), file.ReadChannelsLast("in.x"), null);
        return [("eps", Difference.Between(eps, file.ReadChannelsLast("out.eps")))];
    }

    /// <summary>mv_videovae_tiny but for its windows, which are the pipeline's.</summary>
    public static IEnumerable<(string Name, Difference Difference)> VideoVaeTiny(IGraphBackend backend, StorageTypes storage)
    {
        using VectorFile file = new("mv_videovae_tiny");
        VideoVae vae = new(Vae, file.Weights("w."));
        GraphUnderTest run = new(backend, storage);
        GraphBuilder g = run.Graph;
        float[] scaled = [.. file.ReadChannelsLast("in.z").Select(v => v / Vae.Scale)];
        run.Output("video", vae.DecodeFrame(g, vae.DecodeWindow(g, run.Input("z", file.VideoShape("in.z", 1), scaled))));
        Value moments = vae.EncodeMoments(g, run.Input("frames", file.VideoShape("in.video", 1), file.ReadChannelsLast("in.video")));
        run.Output("mean", g.Add(new Elementwise(ElementwiseOp.Copy, Vae.Scale), "mean", g.Columns(moments, 0, 4), null));
        IReadOnlyDictionary<string, float[]> found = run.Run();
        return
        [
            ("video", Difference.Between(found["video"], file.ReadChannelsLast("out.video"))),
            ("latent_mean", Difference.Between(found["mean"], file.ReadChannelsLast("out.latent_mean"))),
        ];
    }

    private static List<(string, Difference)> Adaptor(IGraphBackend backend, StorageTypes storage)
    {
        using VectorFile file = new("mv_adaptor");
        GraphUnderTest run = new(backend, storage);
        float[] x = file.ReadChannelsLast("in.x");
        run.Output("y", FrameAdaptor.Apply(run.Graph, run.Input("x", file.VideoShape("in.x", 2), x), file.Weights("w.")));
        float[] all = run.Run()["y"];

        // Of four frames' tables the first three rows.
        GraphUnderTest shorter = new(backend, storage);
        shorter.Output("y", FrameAdaptor.Apply(shorter.Graph, shorter.Input("x", [2, 3, 3, 5, 6], x[..(x.Length / 8 * 6)]), file.Weights("w.")));
        return
        [
            ("adaptor", Difference.Between(all, file.ReadChannelsLast("out.y"))),
            ("adaptor of 3 frames", Difference.Between(shorter.Run()["y"], file.ReadChannelsLast("out.y_first3"))),
        ];
    }

    private static List<(string, Difference)> Attention(IGraphBackend backend, StorageTypes storage)
    {
        using VectorFile layer = new("mv_directed_temporal_attention"), group = new("mv_directed_temporal_attention_gn");
        GraphUnderTest run = new(backend, storage);
        Value x = run.Input("x", layer.VideoShape("in.x", 2), layer.ReadChannelsLast("in.x"));
        run.Output("pre", new DirectedTemporalAttention(2, "pre").Forward(run.Graph, x, layer.Weights("w."), null));
        run.Output("post", new DirectedTemporalAttention(2, "post").Forward(run.Graph, x, layer.Weights("w."), null));
        IReadOnlyDictionary<string, float[]> found = run.Run();
        GraphUnderTest grouped = new(backend, storage);
        Value y = grouped.Input("x", group.VideoShape("in.x", 2), group.ReadChannelsLast("in.x"));
        grouped.Output("delta", new DirectedTemporalAttention(2, "pre", new GroupNorm(4, 1e-6f)).Forward(grouped.Graph, y, group.Weights("w."), null));
        return
        [
            ("directed, mask before", Difference.Between(found["pre"], layer.ReadChannelsLast("out.delta_pre"))),
            ("directed, mask after", Difference.Between(found["post"], layer.ReadChannelsLast("out.delta_post"))),
            ("directed, group norm", Difference.Between(grouped.Run()["delta"], group.ReadChannelsLast("out.delta"))),
        ];
    }

    private static List<(string, Difference)> ResBlock(IGraphBackend backend, StorageTypes storage)
    {
        using VectorFile file = new("mv_resblock");
        GraphUnderTest run = new(backend, storage);
        GraphBuilder g = run.Graph;
        WeightScope w = file.Weights("w.");
        Value emb = g.Silu(run.Raw("emb", [8, 64], file.Read("in.emb"), DType.F32));
        Value shift = g.Cast(g.Linear(emb, w / "time_emb_proj", 32), DType.F32);
        Value x = run.Input("x", file.VideoShape("in.x", 2), file.ReadChannelsLast("in.x"));
        run.Output("y", new MagicUNet(Key, w).ResBlock(g, x, null, w, 32, shift));
        return [("resblock", Difference.Between(run.Run()["y"], file.ReadChannelsLast("out.y")))];
    }

    private static List<(string, Difference)> SpaceTime(IGraphBackend backend, StorageTypes storage)
    {
        using VectorFile file = new("mv_st_block");
        GraphUnderTest run = new(backend, storage);
        GraphBuilder g = run.Graph;
        WeightScope w = file.Weights("w."), cross = w / "attentions.0.transformer_blocks.0.attn2";
        Value x = run.Input("x", file.VideoShape("in.x", 2), file.ReadChannelsLast("in.x"));
        Value context = run.Input("context", [8, 5, 12], file.Read("in.ctx"));
        Value keysValues = g.FusedLinear(context, 16, cross / "to_k", cross / "to_v");
        run.Output("temporal", new DirectedTemporalAttention(2, "pre").Forward(g, x, w / "temporal_attentions.0", null));
        run.Output("y", new MagicUNet(Key, w).SpaceTime(g, x, w, 0, keysValues));
        IReadOnlyDictionary<string, float[]> found = run.Run();
        return
        [
            ("st_block, temporal branch", Difference.Between(found["temporal"], file.ReadChannelsLast("out.temporal"))),
            ("st_block", Difference.Between(found["y"], file.ReadChannelsLast("out.y"))),
        ];
    }

    /// <summary>Conditioning graph, then the network, as the pipeline runs them.</summary>
    private static float[] Predict(
        IGraphBackend backend, StorageTypes storage, MagicUNet unet, VectorFile file, string fps, Shape shape, float[] sample, float[]? given)
    {
        (int batch, int tokens) = (file.ShapeOf("in.ctx")[0], file.ShapeOf("in.ctx")[1]);
        GraphBuilder conditioning = new("conditioning", DType.F32, storage.Weights);
        unet.BuildConditioning(conditioning, batch, batch, tokens);
        using IGraphExecutor executor = backend.Prepare(conditioning.Build());
        float[] Rows(string name) => [.. file.Read(name).SelectMany(v => Embeddings.Timestep(v, unet.EmbeddingChannels))];
        executor.Write("timestep", Rows("in.t"));
        executor.Write("fps", Rows("in." + fps));
        executor.Write("context", file.Read("in.ctx"));
        executor.Run();
        GraphUnderTest run = new(backend, storage);
        UNetConditioning declared = unet.DeclareConditioning(run.Graph, batch, tokens);
        foreach ((string name, Value value) in executor.Graph.Outputs)
        {
            float[] values = new float[value.Shape.Count];
            executor.Read(name, values);
            run.Write(name, values);
        }

        Value x = run.Input("sample", shape, sample);
        Value? second = given is null ? null : run.Input("given", shape.WithChannels(given.Length / (int)shape.Rows), given);
        run.Output("eps", unet.Forward(run.Graph, x, second, declared));
        return run.Run()["eps"];
    }
}
