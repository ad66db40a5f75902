using System.Collections.Immutable;
using System.Globalization;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Schedulers;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Generation;

/// <summary>One graph of a generation and what running it takes.</summary>
/// <param name="Graph">Its name.</param>
/// <param name="Runs">How often it runs.</param>
/// <param name="Nodes">Operations of one run.</param>
/// <param name="Cost">Of one run.</param>
/// <param name="Layout">Where weights and activations lie, and what was given up for that.</param>
/// <param name="SecondsPerRun">As far as the device's pace is known; null where nothing was ever measured.</param>
/// <param name="LoaderInBytes">Host memory for reading the largest weight.</param>
public sealed record PlannedGraph(string Graph, int Runs, int Nodes, Cost Cost, GraphLayout Layout, double? SecondsPerRun, long LoaderInBytes)
{
    public double Flops => Runs * Cost.Flops;

    public double Bytes => Runs * Cost.Bytes;

    public double? Seconds => Runs * SecondsPerRun;

    public long MemoryInBytes => Layout.TotalInBytes;
}

/// <summary>What a generation will take, known from the model's configuration and file headers: no weight is read, no device opened.</summary>
/// <param name="Latents">The latent video's extents.</param>
/// <param name="Graphs">In order of execution; each one's memory is free before the next one's is taken.</param>
/// <param name="Tiles">How frames are cut for the decoder.</param>
/// <param name="BudgetInBytes">Of device memory.</param>
public sealed record GenerationPlan(LatentSize Latents, ImmutableArray<PlannedGraph> Graphs, FrameTiles Tiles, long BudgetInBytes)
{
    // The runtime, the driver, its compiled shaders: what a generation of the embedded model takes besides its weights.
    private const long ProgramInBytes = 190L << 20;

    public double Flops => Graphs.Sum(g => g.Flops);

    public double Bytes => Graphs.Sum(g => g.Bytes);

    public double? Seconds => Graphs.Sum(g => g.Seconds ?? double.NaN) is var sum && double.IsNaN(sum) ? null : sum;

    /// <summary>The most device memory in use at once.</summary>
    public long PeakMemoryInBytes => Graphs.Max(g => g.MemoryInBytes);

    /// <summary>What the process needs besides device memory: the program itself and, while weights are read, the largest of them.</summary>
    public long HostInBytes => ProgramInBytes + Graphs.Max(g => g.LoaderInBytes);

    /// <summary>The most that device and process need at once, where both are the same memory.</summary>
    public long PeakTogetherInBytes => ProgramInBytes + Graphs.Max(g => g.MemoryInBytes + g.LoaderInBytes);

    /// <summary>Device memory that is lacking at the least.</summary>
    public long MissingInBytes => Math.Max(0, PeakMemoryInBytes - BudgetInBytes);

    /// <param name="request">What to generate; checked.</param>
    /// <param name="model">Whose.</param>
    /// <param name="storage">Storage types of the backend.</param>
    /// <param name="planner">The device's facts and budget.</param>
    /// <param name="pace">What is known of its speed.</param>
    /// <exception cref="GenerationException">The model cannot do what is asked.</exception>
    public static GenerationPlan Create(GenerationRequest request, ModelFolder model, StorageTypes storage, GraphPlanner planner, Pace? pace = null)
    {
        RequestCheck.Validate(request, model);
        if (model.MagicVideo is not null)
        {
            return OfCascade(request, model, storage, planner, pace);
        }

        PlannedGraph Plan(ComputeGraph graph, int runs) => PlanGraph(graph, runs, planner, pace);
        if (model.SnapVideo is { } snap)
        {
            LatentSize pixels = new(request.Frames, snap.Height, snap.Width, 3);
            return new(
                pixels, [.. OfSnapVideo(request, model, storage).Select(g => Plan(g.Graph, g.Runs))],
                new(pixels, pixels.Height, pixels.Width, PixelsPerLatent: 1), planner.BudgetInBytes);
        }

        LatentSize size = LatentSize.Of(request, model);
        IScheduler scheduler = Samplers.Create(model.SchedulerConfig, request.Scheduler, request.Steps);
        int steps = scheduler.Timesteps.Count, tokens = model.TextEncoderConfig.MaxPositionEmbeddings;
        bool isGuidedTwice = !RequestCheck.HasEmbeddedGuidance(model);
        PromptEmbeddings prompt = new([], isGuidedTwice ? [] : null, tokens, model.TextEncoderConfig.HiddenSize);
        UNet unet = new(model.UNetConfig, new WeightScope(model.UNet));
        AutoencoderKL vae = new(model.VaeConfig, new WeightScope(model.Vae));
        FrameTiles tiles = FrameTiles.Choose(vae, storage, size, planner);
        int prompts = isGuidedTwice ? 2 : 1;
        return new(
            size,
            [
                Plan(PromptEncoding.Build(model, storage), prompts),
                Plan(UNetConditions.Build(unet, storage, steps, tokens), prompts),
                Plan(StepGraph.Build(unet, storage, size, prompt), steps),
                Plan(Decoding.BuildFrame(vae, storage, tiles.TileSize), size.Frames * tiles.Count),
            ],
            tiles,
            planner.BudgetInBytes);
    }

    /// <exception cref="BudgetException">A graph does not fit even in its smallest layout.</exception>
    public void CheckBudget()
    {
        if (MissingInBytes > 0)
        {
            PlannedGraph largest = Graphs.MaxBy(g => g.MemoryInBytes)!;
            throw new BudgetException(
                $"{largest.Graph} needs at least {GiB(largest.MemoryInBytes)} of device memory, {GiB(BudgetInBytes)} may be used: {(MissingInBytes >> 20) + 1} MiB are missing. "
                + "Fewer --frames, a smaller size or --precision fp16 need less; --max-memory raises a limit that was set.");
        }
    }

    /// <summary>The stages of a cascade, one behind the other.</summary>
    private static GenerationPlan OfCascade(
        GenerationRequest request, ModelFolder model, StorageTypes storage, GraphPlanner planner, Pace? pace)
    {
        PlannedGraph Plan(ComputeGraph graph, int runs) => PlanGraph(graph, runs, planner, pace);
        MagicVideoParts parts = model.MagicVideo!;
        CascadeSize size = CascadeSize.Of(request, parts);
        int tokens = model.TextEncoderConfig.MaxPositionEmbeddings;
        List<PlannedGraph> graphs = [Plan(PromptEncoding.Build(model, storage), 2)];
        void AddStage(StageDescription stage, int batches)
        {
            int steps = stage.Scheduler.Timesteps.Count;
            graphs.Add(Plan(UNetConditions.Build(stage.Network, storage, steps, tokens), 2));
            graphs.Add(Plan(CascadeGraphs.Step(stage.Name, stage.Network, storage, stage.Shape, stage.Given, tokens, stage.IsNoisy), batches * steps));
        }

        AddStage(MagicVideoPipeline.KeyframeStage(model, request, size), 1);
        if (size.Between > 0)
        {
            AddStage(MagicVideoPipeline.InterpolationStage(model, request, size), size.Pairs / size.PairsTogether);
        }

        VideoVae vae = new(parts.Vae, new WeightScope(model.Vae));
        graphs.AddRange(size.Windows.GroupBy(w => w.Count).Select(g => Plan(CascadeGraphs.DecodeWindow(vae, storage, size, g.Key), g.Count())));
        if (size.Scale > 1)
        {
            graphs.Add(Plan(CascadeGraphs.Enlarge(size), size.Frames));
            AddStage(Upscaling.Stage(parts, model.SchedulerConfig, request, size), size.Frames);
        }

        LatentSize latents = new(size.Frames, size.Height, size.Width, size.Channels);
        return new(latents, [.. graphs], new(latents, latents.Height, latents.Width, size.PixelsPerLatent), planner.BudgetInBytes);
    }

    /// <summary>Graphs of a Snap Video cascade and how often each runs; a prompt of the greatest length.</summary>
    private static IEnumerable<(ComputeGraph Graph, int Runs)> OfSnapVideo(GenerationRequest request, ModelFolder model, StorageTypes storage)
    {
        SnapVideoParts parts = model.SnapVideo!;
        SnapCascade cascade = new(parts);
        int tokens = parts.Sampler.TextLength;
        yield return (SnapVideoPipeline.BuildText(model, storage, tokens), 1);
        FitStage first = cascade.First(model.UNet, request.Steps, request.GuidanceScale);
        foreach (FitStage stage in parts.Second is null ? [first] : new[] { first, cascade.Second(model.Vae, request.Steps, request.GuidanceScale) })
        {
            yield return (FitConditions.Build(stage.Conditioning, storage, stage.Evaluations.Length, tokens), 1);
            yield return (stage.BuildStep(storage, tokens), stage.Evaluations.Length);
        }
    }

    private static PlannedGraph PlanGraph(ComputeGraph graph, int runs, GraphPlanner planner, Pace? pace)
    {
        GraphLayout layout = planner.Plan(graph);
        double? seconds = pace is { Factors.Count: > 0 } ? layout.Graph.Nodes.Zip(layout.Plans, pace.Seconds).Sum() : null;
        return new(graph.Name, runs, graph.Nodes.Length, graph.Cost, layout, seconds, LoaderOf(graph));
    }

    private static string GiB(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(bytes / (double)(1 << 30) * 1000) / 1000:0.###} GiB");

    /// <summary>The largest weight as it is read, and once more where it is reordered.</summary>
    private static long LoaderOf(ComputeGraph graph)
        => graph.Weights.Select(w => w.Weight!.Parts.Sum(p => p.ElementCount) * (w.Weight.IsHalf ? 2 : 4) * (w.Weight.IsConvolution ? 2 : 1)).DefaultIfEmpty().Max();
}

/// <summary>The memory that may be used is too small; the message says by how much.</summary>
public sealed class BudgetException(string message) : Exception(message);
