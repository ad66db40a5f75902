using System.Collections.Immutable;
using Hummingbird.Vulkan.Kernels;
using Hummingbird.Vulkan.Kernels.Cases;

namespace Hummingbird.Vulkan.Bench.Kernels;

/// <summary>How often a row runs in one graph of a model.</summary>
public sealed record BenchUse(string Graph, int Count);

/// <summary>One thing to measure: a kernel with its operands, and where they come from.</summary>
/// <param name="Set">conformance, goals, or the model's name.</param>
/// <param name="Case">Kernel and operands; its id is the row's.</param>
/// <param name="Uses">The graphs of the model that run it; empty for other sets.</param>
/// <param name="Goal">What it is meant to reach, in GFLOP/s (GB/s for norms) on one core with Mesa 25's lavapipe; null for none.</param>
public sealed record BenchRow(string Set, ConformanceCase Case, ImmutableArray<BenchUse> Uses, double? Goal = null)
{
    public string Id => Case.Id;

    public Cost Cost
    {
        get
        {
            TensorSpec[] specs = Case.Specs();
            return Case.Kernel.Cost(specs, Output(specs));
        }
    }

    public TensorSpec Output(TensorSpec[] specs) => new(Case.Kernel.Infer(specs), Case.Kernel.OutputType(specs));
}
