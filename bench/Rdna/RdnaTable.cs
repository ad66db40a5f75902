using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Device;

namespace Hummingbird.Vulkan.Bench.Rdna;

/// <summary>A variant with what the compiler made of it.</summary>
public sealed record RdnaRow(ShaderVariant Variant, ShaderStatistics Statistics);

/// <summary>All variants on one target.</summary>
/// <param name="Driver">Name and version of the compiler.</param>
/// <param name="SubgroupSize">Lanes every pipeline asks for.</param>
public sealed record RdnaTable(RdnaTarget Target, string Driver, int SubgroupSize, ImmutableArray<RdnaRow> Rows)
{
    /// <summary>Compiles every variant for the target; null where RADV 25.0 is missing.</summary>
    /// <param name="target">The chip.</param>
    /// <param name="child">How this program is started as <see cref="CompileChild"/>.</param>
    /// <param name="filter">Variants and examples without it are left out.</param>
    /// <param name="modelOnly">Only what Hummingbird 0.7B runs.</param>
    public static RdnaTable? Compile(RdnaTarget target, IReadOnlyList<string> child, string? filter = null, bool modelOnly = false)
    {
        using RadvCompiler? compiler = RadvCompiler.Start(target, child);
        if (compiler is null)
        {
            return null;
        }

        DevicePlan plan = target.Plan();
        var rows = ImmutableArray.CreateBuilder<RdnaRow>();
        foreach (ShaderVariant variant in ShaderVariant.Of(plan).Where(v => Matches(v, filter) && (v.IsInModel || !modelOnly)))
        {
            CompileResult result = compiler.Compile(new(variant.Key.Shader, variant.Key.Constants, variant.Key.PushSizeInBytes, plan.RequiredSubgroupSize));
            rows.Add(new(variant, ShaderStatistics.From(result)));
        }

        return new(target, compiler.Identity.Driver, plan.RequiredSubgroupSize, rows.ToImmutable());
    }

    private static bool Matches(ShaderVariant variant, string? filter)
        => filter is null || variant.Name.Contains(filter, StringComparison.OrdinalIgnoreCase) || variant.Example.Contains(filter, StringComparison.OrdinalIgnoreCase);
}
