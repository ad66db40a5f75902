using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Schedulers;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Vectors;

/// <summary>Blocks and tiny networks against the PyTorch reference's tensors.</summary>
public static class ModelVectors
{
    private static readonly UNetConfig Hb09 = new(
        ModelChannels: 32, ChannelMult: [1, 2], AttentionResolutions: [1], HeadDim: 8, ContextDim: 24, TimeCondDim: 16);

    internal static readonly UNetConfig Vc2 = Hb09 with { ChannelMult = [1, 1], NumResBlocks = 2, TimeCondDim = null };

    internal static readonly UNetConfig Hb07 = Hb09 with { ChannelMult = [1, 1], HasMiddle = false };

    internal static readonly TextEncoderConfig Text = new(
        VocabSize: 64, MaxPositionEmbeddings: 12, HiddenSize: 24, IntermediateSize: 96, NumAttentionHeads: 4, NumHiddenLayers: 3,
        ProjectionDim: 24, BosTokenId: 1, EosTokenId: 2);

    /// <summary>Every layer of unet_blocks.safetensors.</summary>
    public static IEnumerable<(string Name, Difference Difference)> UNetBlocks(IGraphBackend backend, StorageTypes storage)
    {
        using VectorFile file = new("unet_blocks");
        GraphUnderTest run = new(backend, storage);
        GraphBuilder g = run.Graph;
        UNet unet = new(Hb09, file.Weights(""));
        Value x = run.Input("x", file.VideoShape("x", 2), file.ReadChannelsLast("x"));
        float[] emb = [.. file.Read("emb").AsSpan(0, 128), .. file.Read("emb").AsSpan(4 * 128, 128)];   // one row a sample
        Value rows = g.Silu(run.Raw("emb", [2, 128], emb, DType.F32));
        float[] contextRows = file.Read("context");
        Value context = run.Input("context", [2, 11, 24], [.. contextRows.AsSpan(0, 264), .. contextRows.AsSpan(4 * 264, 264)]);
        WeightScope W(string name) => file.Weights(name + ".w.");
        Value Shift(string name, int n) => g.Cast(g.Linear(rows, W(name) / "emb_layers.1", n), DType.F32);
        WeightScope cross = W("spatial") / "transformer_blocks.0.attn2";
        (string Name, Value Value)[] outputs =
        [
            ("res_same", unet.ResBlock(g, x, null, W("res_same"), 32, Shift("res_same", 32))),
            ("res_grow", unet.ResBlock(g, x, null, W("res_grow"), 64, Shift("res_grow", 64))),
            ("tconv_block", unet.TemporalConvBlock(g, x, W("tconv_block"))),
            ("spatial", unet.SpatialTransformer(g, x, W("spatial"), g.FusedLinear(context, 32, cross / "to_k", cross / "to_v"))),
            ("temporal", unet.TemporalTransformer(g, x, W("temporal"), 32)),
            ("init_attn", unet.TemporalTransformer(g, x, W("init_attn"), 64)),
            ("down", g.Conv2d(x, W("down") / "op", 32, new Conv2d(Stride: 2))),
            ("up", g.Conv2d(x, W("up") / "conv", 32, new Conv2d(Upsample2x: true))),
        ];
        return RunAndCompare(run, outputs, file, name => name + ".y");
    }

    /// <summary>Every layer of vae_blocks.safetensors.</summary>
    public static IEnumerable<(string Name, Difference Difference)> VaeBlocks(IGraphBackend backend, StorageTypes storage)
    {
        using VectorFile file = new("vae_blocks");
        GraphUnderTest run = new(backend, storage);
        GraphBuilder g = run.Graph;
        AutoencoderKL vae = new(new(), file.Weights(""));
        Value x = run.Input("x", file.VideoShape("x", 1), file.ReadChannelsLast("x"));
        WeightScope W(string name) => file.Weights(name + ".w.");
        (string Name, Value Value)[] outputs =
        [
            ("resnet", vae.ResnetBlock(g, x, W("resnet"), 64)),
            ("attn", vae.Attention(g, x, W("attn"))),
            ("up", g.Conv2d(x, W("up") / "conv", 32, new Conv2d(Upsample2x: true))),
            ("down", g.Conv2d(x, W("down") / "conv", 32, new Conv2d(Stride: 2, Padding: ConvPadding.BottomRight))),
        ];
        return RunAndCompare(run, outputs, file, name => name + ".y");
    }

    /// <summary>Conditioning, every layer, and the prediction of the tiny 0.9B topology (two samples with their own timesteps).</summary>
    public static IEnumerable<(string Name, Difference Difference)> UNetHb09(IGraphBackend backend, StorageTypes storage)
        => WholeUNet(backend, storage, Hb09, "unet_tiny_hb09", batch: 2);

    /// <summary>The same for VideoCrafter2's topology.</summary>
    public static IEnumerable<(string Name, Difference Difference)> UNetVc2(IGraphBackend backend, StorageTypes storage)
        => WholeUNet(backend, storage, Vc2, "unet_tiny_vc2", batch: 1);

    /// <summary>Decoder with its levels, encoder moments, and a two-frame video.</summary>
    public static IEnumerable<(string Name, Difference Difference)> Vae(IGraphBackend backend, StorageTypes storage)
    {
        using VectorFile file = new("vae_tiny");
        AutoencoderConfig config = new(Ch: 32, ChMult: [1, 2], NumResBlocks: 1);
        GraphUnderTest run = new(backend, storage);
        GraphBuilder g = run.Graph;
        AutoencoderKL vae = new(config, file.Weights("w."));
        List<(string, Value)> outputs = [];
        Value z = run.Input("z", file.VideoShape("z", 1), file.ReadChannelsLast("z"));
        outputs.Add(("decode.y", vae.Decode(g, z, (name, value) => outputs.Add(("tap." + name, value)))));
        float[] scaled = [.. file.ReadChannelsLast("video.z").Select(v => v / config.ScalingFactor)];
        outputs.Add(("video.y", vae.Decode(g, run.Input("video.z", file.VideoShape("video.z", 1), scaled))));
        Value moments = vae.EncodeMoments(g, run.Input("image", file.VideoShape("image", 1), file.ReadChannelsLast("image")));
        outputs.Add(("encode.mean", g.Add(new Elementwise(ElementwiseOp.Copy), "mean", g.Columns(moments, 0, 4), null)));
        outputs.Add(("encode.logvar", g.Add(new Elementwise(ElementwiseOp.Copy), "logvar", g.Columns(moments, 4, 4), null)));
        return RunAndCompare(run, outputs, file, name => name);
    }

    public static IEnumerable<(string Name, Difference Difference)> TextTower(IGraphBackend backend, StorageTypes storage)
    {
        using VectorFile file = new("text_tiny");
        GraphUnderTest run = new(backend, new(DType.F32, storage.Weights)); // As it always runs: see PromptEncoding.
        Value ids = run.Raw("ids", [2, 12], file.Read("tokens"), DType.I32);
        run.Output("y", new ClipTextModel(Text, file.Weights("w.")).Forward(run.Graph, ids));
        return [("text", Difference.Between(run.Run()["y"], file.Read("y")))];
    }

    private static IEnumerable<(string Name, Difference Difference)> WholeUNet(
        IGraphBackend backend, StorageTypes storage, UNetConfig config, string name, int batch)
    {
        using VectorFile file = new(name);
        UNet unet = new(config, file.Weights("w."));
        int tokens = file.ShapeOf("context")[1];
        (IReadOnlyDictionary<string, float[]> conditions, Difference emb) = Conditions(backend, storage, unet, file, batch, tokens);
        GraphUnderTest run = new(backend, storage);
        UNetConditioning conditioning = unet.DeclareConditioning(run.Graph, batch, tokens);
        foreach (string input in conditions.Keys.Where(run.Graph.Inputs.ContainsKey))
        {
            run.Write(input, conditions[input]);
        }

        Value x = run.Input("x", file.VideoShape("x", batch), file.ReadChannelsLast("x"));
        List<(string, Value)> outputs = [];
        Value y = unet.Forward(run.Graph, x, conditioning, (layer, value) =>
        {
            if (file.Contains("tap." + layer))
            {
                outputs.Add(("tap." + layer, value));
            }
        });
        outputs.Add(("y", y));
        return [("emb", emb), .. RunAndCompare(run, outputs, file, n => n)];
    }

    private static (IReadOnlyDictionary<string, float[]> Values, Difference Emb) Conditions(
        IGraphBackend backend, StorageTypes storage, UNet unet, VectorFile file, int batch, int tokens)
    {
        GraphBuilder g = new("conditioning", DType.F32, storage.Weights);
        unet.BuildConditioning(g, batch, batch, tokens);
        using IGraphExecutor executor = backend.Prepare(g.Build());
        float[] Rows(string name) => [.. file.Read(name).SelectMany(v => Embeddings.Timestep((int)v, unet.EmbeddingChannels))];
        executor.Write("timestep", Rows("t"));
        executor.Write("fps", Rows("fps"));
        executor.Write("context", file.Read("context"));
        if (unet.GuidanceChannels > 0)
        {
            executor.Write("guidance", file.Read("w_emb"));
        }

        executor.Run();
        Dictionary<string, float[]> values = [];
        foreach ((string name, Value value) in executor.Graph.Outputs)
        {
            values[name] = new float[value.Shape.Count];
            executor.Read(name, values[name]);
        }

        return (values, Difference.Between(values["emb"], file.Read("emb")));
    }

    private static List<(string, Difference)> RunAndCompare(
        GraphUnderTest run, IReadOnlyList<(string Name, Value Value)> outputs, VectorFile file, Func<string, string> expected)
    {
        foreach ((string name, Value value) in outputs)
        {
            run.Output(name, value);
        }

        IReadOnlyDictionary<string, float[]> found = run.Run();
        return [.. outputs.Select(o => (o.Name, Difference.Between(found[o.Name], file.ReadChannelsLast(expected(o.Name)))))];
    }
}
