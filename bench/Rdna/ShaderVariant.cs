using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Compute;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Kernels;
using Hummingbird.Vulkan.Kernels.Cases;

namespace Hummingbird.Vulkan.Bench.Rdna;

/// <summary>A shader with one set of constants, as a device plan arrives at it.</summary>
/// <param name="Key">What is compiled.</param>
/// <param name="Kernel">Name of the kernel.</param>
/// <param name="Example">The first operation planned so: a conformance case or a node of the model.</param>
/// <param name="IsInModel">Hummingbird 0.7B runs it.</param>
public sealed record ShaderVariant(PipelineKey Key, string Kernel, string Example, bool IsInModel)
{
    /// <summary>What the budget and the table call it: <c>conv2d.tiled.f16(128,1,16)</c>.</summary>
    public string Name => Key.ToString();

    /// <summary>Every variant that the model and the conformance cases need on this device, the model's first.</summary>
    public static ImmutableArray<ShaderVariant> Of(DevicePlan plan)
    {
        Dictionary<PipelineKey, ShaderVariant> variants = [];
        void Add(KernelPlan kernelPlan, string kernel, string example, bool isInModel)
        {
            foreach (Dispatch dispatch in kernelPlan.Dispatches)
            {
                PipelineKey key = new(dispatch.Shader, dispatch.Constants, dispatch.PushSizeInBytes);
                variants.TryAdd(key, new(key, kernel, example, isInModel));
            }
        }

        StorageTypes storage = new(plan.ActivationType, plan.WeightType);
        foreach (GraphRuns runs in ModelGraphs.Of(PublishedModels.Get("hummingbird-0.7b"), storage))
        {
            foreach (Node node in runs.Graph.Nodes)
            {
                Add(node.Kernel.Plan(node.InputSpecs(), node.Output.Spec, plan.Target), node.Kernel.Name, $"{runs.Graph.Name}: {node.Label}", isInModel: true);
            }
        }

        foreach (ConformanceCase row in ConformanceCases.All)
        {
            TensorSpec[] specs = row.Specs();
            TensorSpec output = new(row.Kernel.Infer(specs), row.OutputType);
            Add(row.Kernel.Plan(specs, output, plan.Target), row.Kernel.Name, row.Id, isInModel: false);
        }

        return [.. variants.Values.OrderBy(v => v.IsInModel ? 0 : 1).ThenBy(v => v.Key.Shader, StringComparer.Ordinal).ThenBy(v => v.Name, StringComparer.Ordinal)];
    }
}
