using System.Collections.Immutable;
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
/// <param name="WeightsInBytes">Device memory of its weights as they are packed.</param>
/// <param name="ActivationsInBytes">Device memory of everything else.</param>
public sealed record PlannedGraph(string Graph, int Runs, int Nodes, Cost Cost, long WeightsInBytes, long ActivationsInBytes)
{
    public double Flops => Runs * Cost.Flops;

    public long MemoryInBytes => WeightsInBytes + ActivationsInBytes;
}

/// <summary>What a generation will take, known from the model's configuration and file headers: no weight is read, no device opened.</summary>
/// <param name="Latents">The latent video's extents.</param>
/// <param name="Graphs">In order of execution; each one's memory is free before the next one's is taken.</param>
public sealed record GenerationPlan(LatentSize Latents, ImmutableArray<PlannedGraph> Graphs)
{
    public double Flops => Graphs.Sum(g => g.Flops);

    /// <summary>The most device memory in use at once.</summary>
    public long PeakMemoryInBytes => Graphs.Max(g => g.MemoryInBytes);

    /// <param name="request">What to generate; checked.</param>
    /// <param name="model">Whose.</param>
    /// <param name="storage">Storage types of the backend.</param>
    /// <param name="target">The device's facts; null plans for the reference, which needs neither packing nor scratch memory.</param>
    /// <param name="largestBlockInBytes">Of device memory.</param>
    /// <exception cref="GenerationException">The model cannot do what is asked.</exception>
    public static GenerationPlan Create(GenerationRequest request, ModelFolder model, StorageTypes storage, KernelTarget? target, long largestBlockInBytes)
    {
        RequestCheck.Validate(request, model);
        if (model.MagicVideo is not null)
        {
            return OfCascade(request, model, (graph, runs) => PlanGraph(graph, runs, target, largestBlockInBytes), storage);
        }

        PlannedGraph Plan(ComputeGraph graph, int runs) => PlanGraph(graph, runs, target, largestBlockInBytes);
        if (model.SnapVideo is { } snap)
        {
            return new(new(request.Frames, snap.Height, snap.Width, 3), [.. OfSnapVideo(request, model, storage).Select(g => Plan(g.Graph, g.Runs))]);
        }

        LatentSize size = LatentSize.Of(request, model);
        IScheduler scheduler = Samplers.Create(model.SchedulerConfig, request.Scheduler, request.Steps);
        int steps = scheduler.Timesteps.Count, tokens = model.TextEncoderConfig.MaxPositionEmbeddings;
        bool isGuidedTwice = !RequestCheck.HasEmbeddedGuidance(model);
        PromptEmbeddings prompt = new([], isGuidedTwice ? [] : null, tokens, model.TextEncoderConfig.HiddenSize);
        UNet unet = new(model.UNetConfig, new WeightScope(model.UNet));
        AutoencoderKL vae = new(model.VaeConfig, new WeightScope(model.Vae));
        int prompts = isGuidedTwice ? 2 : 1;
        return new(size,
        [
            Plan(PromptEncoding.Build(model, storage), prompts),
            Plan(UNetConditions.Build(unet, storage, steps, tokens), prompts),
            Plan(StepGraph.Build(unet, storage, size, prompt), steps),
            Plan(Decoding.BuildFrame(vae, storage, size), size.Frames),
        ]);
    }

    /// <summary>The stages of a cascade, one behind the other.</summary>
    private static GenerationPlan OfCascade(
        GenerationRequest request, ModelFolder model, Func<ComputeGraph, int, PlannedGraph> plan, StorageTypes storage)
    {
        MagicVideoParts parts = model.MagicVideo!;
        CascadeSize size = CascadeSize.Of(request, parts);
        int tokens = model.TextEncoderConfig.MaxPositionEmbeddings;
        List<PlannedGraph> graphs = [plan(PromptEncoding.Build(model, storage), 2)];
        void AddStage(StageDescription stage, int batches)
        {
            int steps = stage.Scheduler.Timesteps.Count;
            graphs.Add(plan(UNetConditions.Build(stage.Network, storage, steps, tokens), 2));
            graphs.Add(plan(CascadeGraphs.Step(stage.Name, stage.Network, storage, stage.Shape, stage.Given, tokens, stage.IsNoisy), batches * steps));
        }

        AddStage(MagicVideoPipeline.KeyframeStage(model, request, size), 1);
        if (size.Between > 0)
        {
            AddStage(MagicVideoPipeline.InterpolationStage(model, request, size), size.Pairs / size.PairsTogether);
        }

        VideoVae vae = new(parts.Vae, new WeightScope(model.Vae));
        graphs.AddRange(size.Windows.GroupBy(w => w.Count).Select(g => plan(CascadeGraphs.DecodeWindow(vae, storage, size, g.Key), g.Count())));
        if (size.Scale > 1)
        {
            graphs.Add(plan(CascadeGraphs.Enlarge(size), size.Frames));
            AddStage(Upscaling.Stage(parts, model.SchedulerConfig, request, size), size.Frames);
        }

        return new(new(size.Frames, size.Height, size.Width, size.Channels), [.. graphs]);
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

    private static PlannedGraph PlanGraph(ComputeGraph graph, int runs, KernelTarget? target, long largestBlock)
    {
        ImmutableArray<KernelPlan> plans = target is null
            ? [.. graph.Nodes.Select(_ => new KernelPlan([]))]
            : [.. graph.Nodes.Select(n => n.Kernel.Plan(n.InputSpecs(), n.Output.Spec, target))];
        MemoryPlan memory = MemoryPlan.Create(GraphMemory.Lifetimes(graph, plans, keepIntermediates: false), largestBlock);
        return new(graph.Name, runs, graph.Nodes.Length, graph.Cost, WeightsInBytes(graph, target), memory.TotalInBytes);
    }

    private static long WeightsInBytes(ComputeGraph graph, KernelTarget? target)
    {
        Dictionary<int, long> sizes = [];
        foreach (Node node in graph.Nodes)
        {
            TensorSpec[] specs = node.InputSpecs();
            for (int i = 0; i < node.Inputs.Length; i++)
            {
                if (node.Inputs[i] is { Kind: ValueKind.Weight } value)
                {
                    WeightPacking? packing = target is null ? null : node.Kernel.Packing(i, specs, target);
                    sizes.TryAdd(value.Storage.Id, packing?.SizeInBytes ?? value.Storage.Spec.SizeInBytes);
                }
            }
        }

        return sizes.Values.Sum();
    }
}
