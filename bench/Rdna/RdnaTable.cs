using System.Collections.Immutable;

namespace Hummingbird.Vulkan.Bench.Rdna;

/// <summary>A variant with what the compiler made of it.</summary>
public sealed record RdnaRow(ShaderVariant Variant, ShaderStatistics Statistics);

/// <summary>All variants on one target.</summary>
/// <param name="Driver">Name and version of the compiler.</param>
/// <param name="SubgroupSize">Lanes of every pipeline that asks for no other size.</param>
public sealed record RdnaTable(RdnaTarget Target, string Driver, int SubgroupSize, ImmutableArray<RdnaRow> Rows)
{
    /// <summary>Compiles variants for a target; null where RADV 25.0 is missing.</summary>
    /// <param name="target">The chip.</param>
    /// <param name="variants">Planned for it.</param>
    /// <param name="child">How this program is started as <see cref="CompileChild"/>.</param>
    public static RdnaTable? Compile(RdnaTarget target, IEnumerable<ShaderVariant> variants, IReadOnlyList<string> child)
    {
        using RadvCompiler? compiler = RadvCompiler.Start(target, child);
        if (compiler is null)
        {
            return null;
        }

        int lanes = target.Plan().RequiredSubgroupSize;
        RdnaRow Row(ShaderVariant v) => new(v, ShaderStatistics.From(compiler.Compile(
            new(v.Key.Shader, v.Key.Constants, v.Key.PushSizeInBytes, v.Key.SubgroupSize > 0 ? v.Key.SubgroupSize : lanes))));
        return new(target, compiler.Identity.Driver, lanes, [.. variants.Select(Row)]);
    }

    /// <summary>By name of the variant.</summary>
    public IReadOnlyDictionary<string, ShaderStatistics> Statistics() => Rows.ToDictionary(r => r.Variant.Name, r => r.Statistics, StringComparer.Ordinal);
}
