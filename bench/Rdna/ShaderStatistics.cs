using System.Collections.Immutable;

namespace Hummingbird.Vulkan.Bench.Rdna;

/// <summary>What RADV's compiler says of a variant on one chip, typed.</summary>
/// <remarks>The compiler assumes eight turns of every loop. Latency is in cycles of one subgroup; inverse throughput in cycles of one
/// SIMD for 64 invocations, occupancy and full pipes considered. Both come from a model of the chip: good for comparing, not for clocks.</remarks>
/// <param name="Waves">Subgroups resident on a SIMD at once.</param>
/// <param name="Operations">Of the compiler's text.</param>
public sealed record ShaderStatistics(
    int Vgprs, int Sgprs, int LdsInBytes, int Waves, int Spills, int ScratchInBytes, int CodeInBytes, double Latency, double InverseThroughput,
    ImmutableArray<OperationCount> Operations)
{
    /// <summary>Halfwords loaded one by one: twice the instructions of a vector load.</summary>
    public int HalfwordLoads => Count("global_load_ushort") + Count("global_load_short") + Count("buffer_load_ushort") + Count("buffer_load_short");

    public int MatrixOperations => Count("v_wmma");

    /// <summary>Instructions whose name begins like this.</summary>
    public int Count(string prefix) => Operations.Where(o => o.Operation.StartsWith(prefix, StringComparison.Ordinal)).Sum(o => o.Count);

    /// <exception cref="InvalidDataException">The driver reports under other names than RADV 25.0 does.</exception>
    public static ShaderStatistics From(CompileResult result)
    {
        double Of(string name) => result.Statistics.TryGetValue(name, out double value)
            ? value
            : throw new InvalidDataException($"The driver reports no '{name}', only {string.Join(", ", result.Statistics.Keys)}.");
        return new(
            (int)Of("VGPRs"), (int)Of("SGPRs"), (int)Of("LDS size"), (int)Of("Subgroups per SIMD"), (int)(Of("Spilled VGPRs") + Of("Spilled SGPRs")),
            (int)Of("Scratch size"), (int)Of("Code size"), Of("Latency"), Of("Inverse Throughput"), result.Operations);
    }
}
