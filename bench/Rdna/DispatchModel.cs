using System.Collections.Immutable;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Bench.Rdna;

/// <summary>How long a dispatch takes on a chip, from the compiler's numbers of its shader.</summary>
/// <remarks>The compiler does not know how often a loop turns and takes eight for each. Multiply-adds tell: what the operation needs, over
/// what the loops hold, is how often they turn in truth; the numbers are corrected by that, as far as they come from loops.</remarks>
public sealed class DispatchModel
{
    /// <summary>Turns of every loop that the compiler assumes.</summary>
    public const int AssumedTurns = 8;

    private const double FlopsOfWmma = 2 * 16 * 16 * 16;

    private readonly ShaderStatistics statistics;
    private readonly RdnaHardware hardware;
    private readonly int lanes;

    /// <param name="statistics">Of the shader.</param>
    /// <param name="hardware">Of the chip.</param>
    /// <param name="lanes">Of a subgroup.</param>
    public DispatchModel(ShaderStatistics statistics, RdnaHardware hardware, int lanes)
    {
        (this.statistics, this.hardware, this.lanes) = (statistics, hardware, lanes);
        FlopsOutside = Sum(depth => depth == 0, o => Flops(o.Operation, lanes));
        FlopsInLoops = Sum(depth => depth > 0, o => Flops(o.Operation, lanes));
        double outside = Sum(depth => depth == 0, o => Cycles(o.Operation)), inLoops = Sum(depth => depth > 0, o => Cycles(o.Operation));
        LoopShare = inLoops > 0 ? inLoops / (outside + inLoops) : 0;
    }

    /// <summary>Part of a subgroup's cycles that the compiler sees in loops.</summary>
    public double LoopShare { get; }

    /// <summary>Multiply-adds, counted as two, of a subgroup outside of loops.</summary>
    public double FlopsOutside { get; }

    /// <summary>The same in loops, at the compiler's eight turns each.</summary>
    public double FlopsInLoops { get; }

    /// <summary>How much longer than the compiler thinks a subgroup runs that must do so many multiply-adds, counted as two.</summary>
    public double Stretch(double flopsOfSubgroup)
        => FlopsInLoops > 0 ? 1 - LoopShare + (LoopShare * Math.Max(0, flopsOfSubgroup - FlopsOutside) / FlopsInLoops) : 1;

    /// <summary>Seconds of a dispatch if memory were no limit.</summary>
    /// <param name="workgroups">How many.</param>
    /// <param name="workgroupSize">Invocations of one.</param>
    /// <param name="flops">Multiply-adds of all, counted as two; null takes the compiler's eight turns.</param>
    public double Seconds(Workgroups workgroups, int workgroupSize, double? flops)
    {
        double waves = workgroups.Count * Math.Ceiling(workgroupSize / (double)lanes);
        double stretch = flops is { } all ? Stretch(all / waves) : 1;
        double cycles = statistics.InverseThroughput * lanes / 64 * stretch;

        // A SIMD takes whole subgroups, and none is done before its latency is over.
        double perSimd = Math.Ceiling(waves / hardware.Simds) * cycles;
        return Math.Max(perSimd, statistics.Latency * stretch) / (hardware.ClockGHz * 1e9);
    }

    private static double Flops(string operation, int lanes) => operation switch
    {
        _ when operation.StartsWith("v_wmma", StringComparison.Ordinal) => FlopsOfWmma,
        _ when operation.StartsWith("v_pk_fma", StringComparison.Ordinal) || operation.StartsWith("v_dot2", StringComparison.Ordinal) => 4 * lanes,
        _ when operation.StartsWith("v_fma", StringComparison.Ordinal) || operation.StartsWith("v_pk_mul", StringComparison.Ordinal) => 2 * lanes,
        _ => 0,
    };

    /// <summary>Issue cycles relative to one another: only the shares of loops and the rest come from these.</summary>
    private static double Cycles(string operation) => operation switch
    {
        _ when operation.StartsWith("v_wmma", StringComparison.Ordinal) => 32,
        _ when operation.StartsWith("s_", StringComparison.Ordinal) => 0.25,
        "v_exp_f32" or "v_log_f32" or "v_rcp_f32" or "v_rsq_f32" or "v_sqrt_f32" or "v_sin_f32" or "v_cos_f32" => 4,
        _ when operation.StartsWith("v_", StringComparison.Ordinal) => 1,
        _ => 4,
    };

    private double Sum(Func<int, bool> depths, Func<OperationCount, double> of)
        => statistics.Operations.Where(o => depths(o.LoopDepth)).Sum(o => o.Count * of(o) * Math.Pow(AssumedTurns, o.LoopDepth));
}
