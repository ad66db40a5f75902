using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;
using Hummingbird.Vulkan.Kernels.Cases;

namespace Hummingbird.Vulkan.Bench.Kernels;

/// <summary>The lists of rows that can be asked for.</summary>
public static class BenchSets
{
    public const string Conformance = "conformance", Model = "hb07", Goals = "goals";

    public static ImmutableArray<string> Names => [Conformance, Model, Goals];

    /// <summary>The rows of a set for these storage types, dearest first where they come from a model.</summary>
    public static ImmutableArray<BenchRow> Of(string set, StorageTypes storage) => set switch
    {
        Conformance => [.. ConformanceCases.All.Select(c => new BenchRow(Conformance, c, []))],
        Goals => Yardsticks.Rows(storage),
        _ => OfModel(set, PublishedModels.Get("hummingbird-0.7b"), storage),
    };

    /// <summary>Every different operation of a model's graphs at the model's own size: conditions, step and one decoded frame.</summary>
    public static ImmutableArray<BenchRow> OfModel(string set, PublishedModel model, StorageTypes storage)
    {
        (GenerationDefaults video, int unit) = (model.Index.Defaults, model.Vae.PixelsPerLatent);
        return Rows(set, Graphs(model, storage, new(video.Frames, video.Height / unit, video.Width / unit, model.Vae.ZChannels)));
    }

    /// <summary>Conditions, step and decoding of a model; no weight is read.</summary>
    public static ImmutableArray<ComputeGraph> Graphs(PublishedModel model, StorageTypes storage, LatentSize size)
    {
        UNet unet = new(model.UNet, new WeightScope(model.RandomUNet(0)));
        AutoencoderKL vae = new(model.Vae, new WeightScope(model.RandomVae(0)));
        bool isGuidedTwice = model.UNet.TimeCondDim is null;
        int tokens = model.TextEncoder.MaxPositionEmbeddings;
        PromptEmbeddings prompt = new([], isGuidedTwice ? [] : null, tokens, model.TextEncoder.HiddenSize);
        return
        [
            UNetConditions.Build(unet, storage, model.Index.Defaults.Steps, tokens),
            StepGraph.Build(unet, storage, size, prompt),
            Decoding.BuildFrame(vae, storage, size),
        ];
    }

    /// <summary>The different operations of some graphs with how often each runs, dearest first.</summary>
    public static ImmutableArray<BenchRow> Rows(string set, IEnumerable<ComputeGraph> graphs)
        => [.. graphs
            .SelectMany(graph => graph.Nodes.Select(node => (graph.Name, Case: CaseOf(node))))
            .GroupBy(use => use.Case.Id)
            .Select(group => new BenchRow(
                set, group.First().Case, [.. group.GroupBy(use => use.Name).Select(g => new BenchUse(g.Key, g.Count()))]))
            .OrderByDescending(row => row.Cost.Flops * row.Uses.Sum(u => u.Count))
            .ThenByDescending(row => row.Cost.Bytes * row.Uses.Sum(u => u.Count))];

    private static ConformanceCase CaseOf(Node node)
    {
        TensorSpec[] specs = node.InputSpecs();
        DType storage = specs[0].DType == DType.I32 ? node.Output.Spec.DType : specs[0].DType;
        bool isProduct = node.Kernel.Product(specs) is not null;
        CaseInput[] inputs = [.. specs.Select((spec, i) => InputOf(spec, storage, isWeight: isProduct && i == 1, specs))];
        return new(node.Kernel, storage, isProduct ? specs[1].DType : storage, [.. inputs]);
    }

    private static CaseInput InputOf(TensorSpec spec, DType storage, bool isWeight, TensorSpec[] all)
    {
        int padding = spec.IsPresent ? spec.RowStride - spec.Shape.Channels : 0;
        return !spec.IsPresent ? CaseInput.Absent
            : isWeight ? CaseInput.W(spec.Shape)
            : spec.DType == DType.I32 ? CaseInput.Ids(spec.Shape, all[1].Shape[0])
            : spec.DType == storage && spec.Shape.Rank > 2 ? CaseInput.X(spec.Shape, paddingColumns: padding)
            : spec.DType == DType.F32 ? CaseInput.P(spec.Shape, paddingColumns: padding)
            : CaseInput.X(spec.Shape, paddingColumns: padding);
    }
}
