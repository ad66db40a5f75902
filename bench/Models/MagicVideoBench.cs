using System.Diagnostics;
using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Bench.Models;

/// <summary>One graph, run once on a device.</summary>
/// <param name="Name">What it computes.</param>
/// <param name="Flops">Of its products, as the cost model counts them.</param>
/// <param name="Load">Weights, packing and pipelines.</param>
/// <param name="Run">The best of the runs.</param>
public sealed record MeasuredGraph(string Name, double Flops, TimeSpan Load, TimeSpan Run)
{
    public double GigaFlopsPerSecond => Flops / Run.TotalSeconds / 1e9;
}

/// <summary>MagicVideo's graphs at their published size, with random weights.</summary>
public static class MagicVideoBench
{
    private const int Tokens = 77;

    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(10);

    /// <summary>A denoising step of the 16 keyframes, both prompts, and the decoding of 16 frames of 256 x 256.</summary>
    public static IEnumerable<(string Name, Func<ComputeGraph> Build)> FullSize(StorageTypes storage)
    {
        MagicVideoArchitecture full = MagicVideoArchitecture.Published;
        CascadeSize size = new(GenerationStages.Decode, 16, 0, 32, 32, 4, 8, 1, full.Vae.NumFrames);
        yield return ("keyframe step, 16 x 256 x 256, two prompts", () => CascadeGraphs.Step(
            "keyframes", new MagicUNet(full.Keyframes, new WeightScope(new RandomWeights(TensorShapes.Of(full.Keyframes), 1))), storage,
            size.KeyframeShape, given: 0, Tokens, isNoisy: false));
        yield return ("VideoVAE decode, 16 x 256 x 256", () => CascadeGraphs.DecodeWindow(
            new VideoVae(full.Vae, new WeightScope(new RandomWeights(TensorShapes.Of(full.Vae), 1))), storage, size, 16));
    }

    /// <summary>The U-Net with attention in the middle alone, over pixels and over latents of an eighth of their side.</summary>
    public static IEnumerable<(string Name, Func<ComputeGraph> Build)> PixelsAndLatents(int side, int frames, StorageTypes storage)
    {
        yield return ($"over {frames} x {side / 8} x {side / 8} latents", () => Models.PixelsAndLatents.Graph(4, frames, side / 8, hasAttention: false, storage));
        yield return ($"over {frames} x {side} x {side} pixels", () => Models.PixelsAndLatents.Graph(3, frames, side, hasAttention: false, storage));
    }

    /// <summary>Loads and runs a graph: once, and again while ten seconds have not passed.</summary>
    public static MeasuredGraph Measure(string name, ComputeGraph graph, IGraphBackend backend, CancellationToken cancellation)
    {
        long started = Stopwatch.GetTimestamp();
        using IGraphExecutor executor = backend.Prepare(graph);
        foreach ((string input, Value value) in graph.Inputs)
        {
            executor.Write(input, [.. Enumerable.Range(0, (int)value.Shape.Count).Select(i => MathF.Sin(i * 0.7f))]);
        }

        TimeSpan load = Stopwatch.GetElapsedTime(started), best = TimeSpan.MaxValue;
        long first = Stopwatch.GetTimestamp();
        do
        {
            long begun = Stopwatch.GetTimestamp();
            executor.Run(cancellation);
            TimeSpan run = Stopwatch.GetElapsedTime(begun);
            best = run < best ? run : best;
        }
        while (Stopwatch.GetElapsedTime(first) < Enough);
        return new(name, FlopCount.Of(graph).Total, load, best);
    }
}
