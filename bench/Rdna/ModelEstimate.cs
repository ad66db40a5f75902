using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Compute;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Bench.Rdna;

/// <summary>Time of one run of a graph.</summary>
/// <param name="ByKernel">Seconds by kernel, the longest first.</param>
/// <param name="MemoryBoundShare">Part of the time in operations that wait for memory.</param>
public sealed record GraphEstimate(string Name, int Runs, double Seconds, double Flops, ImmutableArray<(string Kernel, double Seconds)> ByKernel, double MemoryBoundShare);

/// <summary>How long a generation would take on a chip this machine does not have.</summary>
public sealed record ModelEstimate(RdnaTarget Target, string Model, int Frames, int Steps, ImmutableArray<GraphEstimate> Graphs)
{
    /// <summary>Part of the memory's bandwidth that streaming kernels reach.</summary>
    public const double ReachedBandwidth = 0.8;

    /// <summary>From the end of a dispatch to the start of the next one that waits for it.</summary>
    public const double SecondsBetweenDispatches = 5e-6;

    public double Seconds => Graphs.Sum(g => g.Runs * g.Seconds);

    /// <summary>Everything the estimate takes for granted.</summary>
    public ImmutableArray<string> Assumptions =>
    [
        $"{Target.Hardware.Product}: {Target.Hardware.ComputeUnits} compute units of two 32-lane SIMDs, {Target.Hardware.ClockGHz} GHz throughout (its highest clock; a small case or battery sustains less).",
        $"{Target.Hardware.Memory}: {Target.Hardware.BandwidthGBps} GB/s, of which {ReachedBandwidth:P0} are reached; every operand is read or written once.",
        "Cycles are those of RADV's compiler (ACO): a static model without cache misses and bank conflicts.",
        $"It takes {DispatchModel.AssumedTurns} turns for every loop; turns are corrected by the multiply-adds of operations that are one dispatch, not for others (norms).",
        $"{SecondsBetweenDispatches * 1e6:0} us between two dispatches; nothing overlaps; loading, compiling and writing the video are left out.",
        "So this is a bound from below to compare kernels and chips with, not a promise.",
    ];

    /// <summary>Estimates a generation.</summary>
    /// <param name="statistics">By variant name: of all that the model runs.</param>
    /// <param name="frames">Null for the model's default.</param>
    /// <param name="steps">Null for the model's default.</param>
    public static ModelEstimate Create(
        RdnaTarget target, PublishedModel model, IReadOnlyDictionary<string, ShaderStatistics> statistics, int? frames = null, int? steps = null)
    {
        DevicePlan plan = target.Plan();
        ImmutableArray<GraphRuns> graphs = ModelGraphs.Of(model, new(plan.ActivationType, plan.WeightType), frames, steps);
        return new(
            target, model.Name, frames ?? model.Index.Defaults.Frames, steps ?? model.Index.Defaults.Steps,
            [.. graphs.Select(g => Estimate(g, plan, target.Hardware, statistics))]);
    }

    private static GraphEstimate Estimate(GraphRuns runs, DevicePlan plan, RdnaHardware hardware, IReadOnlyDictionary<string, ShaderStatistics> statistics)
    {
        Dictionary<string, double> byKernel = [];
        double memoryBound = 0, total = 0;
        foreach (Node node in runs.Graph.Nodes)
        {
            double compute = Compute(node, plan, hardware, statistics), memory = node.Cost.Bytes / (hardware.BandwidthGBps * 1e9 * ReachedBandwidth);
            double seconds = Math.Max(compute, memory);
            byKernel[node.Kernel.Name] = byKernel.GetValueOrDefault(node.Kernel.Name) + seconds;
            memoryBound += memory > compute ? seconds : 0;
            total += seconds;
        }

        return new(
            runs.Graph.Name, runs.Runs, total, runs.Graph.Cost.Flops,
            [.. byKernel.OrderByDescending(k => k.Value).Select(k => (k.Key, k.Value))], memoryBound / total);
    }

    private static double Compute(Node node, DevicePlan plan, RdnaHardware hardware, IReadOnlyDictionary<string, ShaderStatistics> statistics)
    {
        TensorSpec[] specs = node.InputSpecs();
        ImmutableArray<Dispatch> dispatches = node.Kernel.Plan(specs, node.Output.Spec, plan.Target).Dispatches;
        double? flops = dispatches.Length == 1 ? node.Cost.Flops * Padding(node, specs, plan.Target) : null;
        double seconds = 0;
        foreach (Dispatch dispatch in dispatches)
        {
            string variant = PipelineKey.Of(dispatch).ToString();
            ShaderStatistics known = statistics.TryGetValue(variant, out ShaderStatistics? found)
                ? found
                : throw new ArgumentException($"{variant} of {node.Label} was not compiled.", nameof(statistics));

            // The first constant is the size of a workgroup in every shader of the engine.
            DispatchModel model = new(known, hardware, dispatch.SubgroupSize > 0 ? dispatch.SubgroupSize : plan.Target.SubgroupSize);
            seconds += model.Seconds(dispatch.Workgroups, dispatch.Constants[0], flops) + SecondsBetweenDispatches;
        }

        return seconds;
    }

    /// <summary>A packed weight is padded to whole panels, and padding is multiplied too.</summary>
    private static double Padding(Node node, TensorSpec[] specs, KernelTarget target)
        => specs.Length > 1 && node.Kernel.Packing(1, specs, target) is { } packing ? Math.Max(1, packing.SizeInBytes / (double)specs[1].SizeInBytes) : 1;
}
