using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;
using Xunit;

namespace Hummingbird.Vulkan.Gpu.Tests;

/// <summary>Less memory, the same results.</summary>
public sealed class MemoryLadderTests : DeviceTestBase
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Weights_that_come_and_go_give_the_same_bits(bool staging)
    {
        using GpuDevice device = Open(Options with { ForceStaging = staging });
        using ModelFolder model = ModelFolder.Open("nano");
        UNet unet = new(model.UNetConfig, new WeightScope(model.UNet));
        ComputeGraph graph = StepGraph.Build(unet, new(device.Plan.ActivationType, device.Plan.WeightType), new(4, 8, 8, model.VaeConfig.ZChannels), new([], null, 32, model.TextEncoderConfig.HiddenSize));
        GraphLayout resident = GraphLayout.Create(graph, device.Plan.Target, device.Plan.ChunkSizeInBytes), streamed = resident.Streamed(0, device.Plan.ChunkSizeInBytes);
        Assert.True(streamed.Stream!.Windows.Length > 4, $"{streamed.Stream.Windows.Length} windows");
        Assert.True(streamed.WeightsInBytes < resident.WeightsInBytes);
        float[] expected = Run(device, graph, resident);
        Assert.Equal(expected, Run(device, graph, streamed));
        Assert.True(expected.Distinct().Count() > 100);
    }

    [Fact]
    public void Feed_forward_layers_in_pieces_compute_the_same()
    {
        using GpuDevice device = Open();
        using ModelFolder model = ModelFolder.Open("nano");
        UNet unet = new(model.UNetConfig, new WeightScope(model.UNet));
        ComputeGraph graph = StepGraph.Build(unet, new(device.Plan.ActivationType, device.Plan.WeightType), new(4, 8, 8, model.VaeConfig.ZChannels), new([], null, 32, model.TextEncoderConfig.HiddenSize));
        ComputeGraph fused = FeedForwardFusion.Apply(graph, 4096);
        Assert.Contains(fused.Nodes, n => n.Kernel is FeedForward && n.Kernel.Plan(n.InputSpecs(), n.Output.Spec, device.Plan.Target).Dispatches.Length > 2);
        Assert.Equal(graph.Cost.Flops, fused.Cost.Flops);
        float[] expected = Run(device, graph, GraphLayout.Create(graph, device.Plan.Target, device.Plan.ChunkSizeInBytes));
        float[] found = Run(device, fused, GraphLayout.Create(fused, device.Plan.Target, device.Plan.ChunkSizeInBytes));
        double error = expected.Zip(found, (a, b) => Math.Pow(a - b, 2)).Sum() / expected.Sum(v => v * (double)v);
        Assert.True(error < 1e-9, $"NMSE {error}");
    }

    [Fact]
    public void A_frame_in_tiles_is_nearly_the_frame()
    {
        using GpuDevice device = Open();
        using GpuBackend backend = new(device);
        using ModelFolder model = ModelFolder.Open("nano");
        AutoencoderKL vae = new(model.VaeConfig, new WeightScope(model.Vae));
        LatentSize size = new(1, 24, 40, model.VaeConfig.ZChannels);
        float[] latents = [.. Enumerable.Range(0, size.Count).Select(i => 2 * MathF.Sin(i * 0.7f) * MathF.Cos(i / 97f))];
        byte[] whole = Decode(new(size, 24, 40, vae.Factor)), tiled = Decode(new(size, 16, 16, vae.Factor));
        double error = whole.Zip(tiled, (a, b) => (double)(a - b) * (a - b)).Average();
        Assert.True(10 * Math.Log10(255 * 255 / error) > 20, $"mean squared error {error}");
        Assert.NotEqual(whole, tiled);

        byte[] Decode(FrameTiles tiles)
        {
            using IGraphExecutor executor = backend.Prepare(Decoding.BuildFrame(vae, backend.Storage, tiles.TileSize));
            TiledFrame frame = new(executor, tiles);
            Assert.True(frame.Decode(latents, TestContext.Current.CancellationToken));
            return frame.Rgb.ToArray();
        }
    }

    [Fact]
    public void A_slow_device_gets_short_submits_and_the_same_bits()
    {
        GenerationRequest request = new("a red circle moving right", "", 3, 4, 8, 8, 64, 64, 4, "lcm");
        (float[] plain, int few) = Generate(Options, request);
        (float[] cut, int submits) = Generate(Options with { Slowdown = 20, Yield = true }, request);
        Assert.Equal(plain, cut);
        Assert.True(submits > 2 * few, $"{submits} submits instead of {few}");
        Assert.Equal(plain, Generate(Options with { Slowdown = 20, MostKeptSubmits = 1 }, request).Latents);
    }

    private (float[] Latents, int Submits) Generate(DeviceOptions options, GenerationRequest request)
    {
        using GpuDevice device = Open(options);
        using GpuBackend backend = new(device);
        using ModelFolder model = ModelFolder.Open("nano");
        int submits = 0;
        backend.Observer = run =>
        {
            submits += run.SubmitSeconds.Length;
            Assert.Equal(run.SubmitSeconds.Sum(), run.NodeSeconds.Sum(), 6);
        };
        return (new TextToVideoPipeline(model, backend).Generate(request, (_, _) => { }, cancellation: TestContext.Current.CancellationToken).Latents, submits);
    }

    private static float[] Run(GpuDevice device, ComputeGraph graph, GraphLayout layout)
    {
        using GpuExecutor executor = new(device, graph, layout);
        int seed = 0;
        foreach (Value input in graph.Inputs.Values.OrderBy(v => v.Id))
        {
            seed++;
            executor.Write(input.Name, [.. Enumerable.Range(0, checked((int)input.Shape.Count)).Select(i => MathF.Sin((i * 1.3f) + seed))]);
        }

        float[] values = new float[graph.Output("eps").Shape.Count];
        for (int i = 0; i < 3; i++)
        {
            executor.Run(TestContext.Current.CancellationToken);
        }

        executor.Read("eps", values);
        return values;
    }
}
