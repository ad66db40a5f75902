using System.Collections.Immutable;
using Hummingbird.Vulkan.Bench.Rdna;

namespace Hummingbird.Vulkan.Engine.Tests.Rdna;

/// <summary>Statistics as no compiler made them, with numbers that are easy to reckon with.</summary>
internal static class Fabricated
{
    public static ShaderStatistics Statistics(params ReadOnlySpan<OperationCount> operations)
        => new(Vgprs: 64, Sgprs: 128, LdsInBytes: 8192, Waves: 16, Spills: 0, ScratchInBytes: 0, CodeInBytes: 4096, Latency: 8000, InverseThroughput: 1000, [.. operations]);

    public static RdnaRow Row(string shader, int constant, ShaderStatistics statistics, bool isInModel = true)
        => new(new(new(shader, [constant], 64), shader, $"an operation of {shader}", isInModel), statistics);

    public static RdnaTable Table(string target, params ReadOnlySpan<RdnaRow> rows) => new(RdnaTarget.Get(target), "radv Mesa 25.0.7", 32, [.. rows]);
}
