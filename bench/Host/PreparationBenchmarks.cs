using System.Collections.Immutable;
using BenchmarkDotNet.Attributes;
using Hummingbird.Vulkan.Bench.Kernels;
using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Text;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Bench.Host;

/// <summary>What happens before the first step: tokens, weights, graph, memory plan.</summary>
public class PreparationBenchmarks
{
    private const long LargestBlock = 1L << 30;

    private static readonly StorageTypes Storage = new(DType.F32, DType.F16);
    private static readonly KernelTarget Target = new(SubgroupSize: 32, MatrixFamily.Tiled);

    private readonly PublishedModel published = PublishedModels.Get("hummingbird-0.7b");
    private readonly ModelFolder nano = ModelFolder.Open("nano");
    private ITokenizer tokenizer = null!;
    private ComputeGraph step = null!;
    private ImmutableArray<KernelPlan> plans;
    private WeightTensor weight = null!;
    private WeightPacking packing = null!;
    private float[] canonical = null!;
    private byte[] packed = null!;

    [GlobalSetup]
    public void Prepare()
    {
        tokenizer = nano.Tokenizer;
        step = BuildStep();
        plans = [.. step.Nodes.Select(n => n.Kernel.Plan(n.InputSpecs(), n.Output.Spec, Target))];
        weight = new WeightScope(published.RandomUNet(1)).Get("input_blocks.3.0.in_layers.2.weight");
        canonical = weight.ReadFloats();
        TensorSpec[] inputs = [new([1, 1, 20, 32, 320], DType.F32), new([640, 3, 3, 320], DType.F16), default, default, default, default];
        packing = new Conv2d().Packing(1, inputs, Target)!;
        packed = new byte[packing.SizeInBytes];
    }

    [Benchmark]
    public IReadOnlyList<int> TokenizePrompt() => tokenizer.EncodeToContext("a big red circle moving right on a white background");

    [Benchmark]
    public ModelFolder OpenEmbeddedModel()
    {
        using ModelFolder model = ModelFolder.Open("nano");
        _ = model.UNet;
        return model;
    }

    [Benchmark]
    public float[] ReadLargestWeight() => Largest().ReadFloats();

    [Benchmark]
    public void PackConvolution() => packing.Pack(canonical, packed);

    [Benchmark]
    public ComputeGraph BuildStepGraph() => BuildStep();

    [Benchmark]
    public int PlanKernels() => step.Nodes.Sum(n => n.Kernel.Plan(n.InputSpecs(), n.Output.Spec, Target).Dispatches.Length);

    [Benchmark]
    public MemoryPlan PlanMemory() => MemoryPlan.Create(GraphLifetimes.Of(step, plans), LargestBlock);

    [GlobalCleanup]
    public void Close() => nano.Dispose();

    private ComputeGraph BuildStep() => BenchSets.Graphs(published, Storage, new LatentSize(16, 40, 64, 4)).Single(g => g.Name == "step");

    private WeightTensor Largest()
        => nano.UNet.Names.Select(n => nano.UNet.TryGet(n, out WeightTensor? t) ? t : null).OfType<WeightTensor>().MaxBy(t => t.ElementCount)!;
}
