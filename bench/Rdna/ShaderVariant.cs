using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Compute;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Kernels;
using Hummingbird.Vulkan.Kernels.Cases;

namespace Hummingbird.Vulkan.Bench.Rdna;

/// <summary>A shader with one set of constants, as a device plan arrives at it.</summary>
/// <param name="Key">What is compiled.</param>
/// <param name="Kernel">Name of the kernel.</param>
/// <param name="Example">The first operation planned so: a conformance case or a node of the model.</param>
/// <param name="IsInModel">The model runs it.</param>
public sealed record ShaderVariant(PipelineKey Key, string Kernel, string Example, bool IsInModel)
{
    /// <summary>What the tables call it: <c>conv2d.tiled.f16(128,1,16)</c>.</summary>
    public string Name => Key.ToString();

    /// <summary>What the budget calls it: constants may be numbered anew, the operation stays.</summary>
    public string Use => $"{Key.Shader}, {Example}";

    /// <summary>Every variant that Hummingbird 0.7B and the conformance cases need on this device, the model's first.</summary>
    public static ImmutableArray<ShaderVariant> Of(DevicePlan plan)
    {
        ImmutableArray<ShaderVariant> model = OfModel(plan, PublishedModels.Get("hummingbird-0.7b"));

        // Whatever family the plan prefers, tiles in shared memory stand behind it, and users may ask for them.
        IEnumerable<ShaderVariant> cases =
            from row in ConformanceCases.All
            let specs = row.Specs()
            from family in new[] { plan.Target.Matrix, MatrixFamily.Tiled }
            from variant in Of(row.Kernel, specs, new(row.Kernel.Infer(specs), row.OutputType), plan.Target with { Matrix = family }, row.Id, isInModel: false)
            select variant;
        return Ordered(model.Concat(cases));
    }

    /// <summary>Every variant that a model needs on this device.</summary>
    public static ImmutableArray<ShaderVariant> OfModel(DevicePlan plan, PublishedModel model, int? frames = null, int? steps = null) => Ordered(
        from runs in ModelGraphs.Of(model, new(plan.ActivationType, plan.WeightType), frames, steps)
        from node in runs.Graph.Nodes
        from variant in Of(node.Kernel, node.InputSpecs(), node.Output.Spec, plan.Target, $"{runs.Graph.Name}: {node.Label}", isInModel: true)
        select variant);

    private static IEnumerable<ShaderVariant> Of(Kernel kernel, TensorSpec[] inputs, TensorSpec output, KernelTarget target, string example, bool isInModel)
    {
        ImmutableArray<Dispatch> dispatches = kernel.Plan(inputs, output, target).Dispatches;
        return dispatches.Select((d, i) => new ShaderVariant(
            new(d.Shader, d.Constants, d.PushSizeInBytes), kernel.Name, dispatches.Length > 1 ? $"{example} #{i}" : example, isInModel));
    }

    /// <summary>Each once, with its first example.</summary>
    private static ImmutableArray<ShaderVariant> Ordered(IEnumerable<ShaderVariant> variants) =>
    [
        .. variants.DistinctBy(v => v.Key)
            .OrderBy(v => v.IsInModel ? 0 : 1).ThenBy(v => v.Key.Shader, StringComparer.Ordinal).ThenBy(v => v.Name, StringComparer.Ordinal),
    ];
}
