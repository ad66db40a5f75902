using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hummingbird.Vulkan.Bench.Rdna;

/// <summary>What shaders must hold. The rule with the longest prefix of the shader's name counts.</summary>
/// <param name="Shaders">Beginning of their names; empty for all.</param>
/// <param name="Why">The reason for the numbers.</param>
/// <param name="MaxSpills">Registers spilled.</param>
/// <param name="MaxScratchInBytes">Memory for what does not fit registers.</param>
/// <param name="MinWaves">Subgroups that must fit a SIMD at once, to hide latency.</param>
/// <param name="MaxLdsInBytes">Shared memory of a workgroup.</param>
/// <param name="MinMatrixOperations">v_wmma instructions on chips that have them.</param>
public sealed record BudgetRule(
    string Shaders, string Why, int MaxSpills = 0, int MaxScratchInBytes = 0, int MinWaves = 8, int MaxLdsInBytes = 32_768, int MinMatrixOperations = 0);

/// <summary>bench/rdna-budget.json: rules for every variant, recorded throughput for those of the model.</summary>
/// <remarks>Rules are edited by people; the recorded numbers are rewritten by <c>bench rdna --update-budget</c>, and the diff is what is reviewed.</remarks>
/// <param name="Tolerance">How much slower than recorded a variant may get.</param>
/// <param name="Recorded">Inverse throughput by target and <see cref="ShaderVariant.Use"/>.</param>
public sealed record RdnaBudget(
    double Tolerance, ImmutableArray<BudgetRule> Rules, ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, double>> Recorded)
{
    public const string FileName = "bench/rdna-budget.json";

    // Reasons are read by people: their apostrophes stay as they are.
    private static readonly BudgetJson Readable = new(new(BudgetJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>The budget of this checkout; null where the program was moved out of it.</summary>
    public static string? File => RadvCompiler.Checkout() is { } root ? Path.Combine(root, FileName) : null;

    public static RdnaBudget Parse(string json) => JsonSerializer.Deserialize(json, Readable.RdnaBudget)
        ?? throw new JsonException($"{FileName} holds null.");

    public string ToJson() => JsonSerializer.Serialize(this, Readable.RdnaBudget) + "\n";

    /// <summary>What a table does not hold, one line each; empty when it holds all.</summary>
    /// <param name="table">Of one target.</param>
    public ImmutableArray<string> Violations(RdnaTable table)
        => [.. table.Rows.SelectMany(row => Violations(row, table.Target, RecordedOf(table.Target)).Select(v => $"{table.Target.Name} {row.Variant.Name}: {v}"))];

    /// <summary>What the model runs and nobody recorded: new kernels, or others for the same operations. Only the rules hold these.</summary>
    public ImmutableArray<ShaderVariant> Unrecorded(RdnaTable table)
        => [.. table.Rows.Select(r => r.Variant).Where(v => v.IsInModel && !RecordedOf(table.Target).ContainsKey(v.Use))];

    /// <summary>The same rules with the throughput of these tables; targets that are not among them keep theirs.</summary>
    public RdnaBudget Updated(IEnumerable<RdnaTable> tables) => this with
    {
        Recorded = Recorded.SetItems(tables.Select(t => KeyValuePair.Create(
            t.Target.Name,
            t.Rows.Where(r => r.Variant.IsInModel).ToImmutableSortedDictionary(r => r.Variant.Use, r => r.Statistics.InverseThroughput, StringComparer.Ordinal)))),
    };

    private IEnumerable<string> Violations(RdnaRow row, RdnaTarget target, ImmutableSortedDictionary<string, double> recorded)
    {
        ShaderStatistics s = row.Statistics;
        BudgetRule rule = Rules.Where(r => row.Variant.Key.Shader.StartsWith(r.Shaders, StringComparison.Ordinal)).MaxBy(r => r.Shaders.Length)
            ?? throw new InvalidDataException($"{FileName} has no rule for {row.Variant.Key.Shader}; a rule with empty \"shaders\" is for all.");
        (bool IsHeld, string Violation)[] checks =
        [
            (s.Spills <= rule.MaxSpills, $"{s.Spills} registers spilled, at most {rule.MaxSpills}"),
            (s.ScratchInBytes <= rule.MaxScratchInBytes, $"{s.ScratchInBytes} bytes of scratch, at most {rule.MaxScratchInBytes}"),
            (s.Waves >= rule.MinWaves, $"{s.Waves} waves on a SIMD ({s.Vgprs} VGPRs, {s.LdsInBytes} bytes of LDS), at least {rule.MinWaves}"),
            (s.LdsInBytes <= rule.MaxLdsInBytes, $"{s.LdsInBytes} bytes of LDS, at most {rule.MaxLdsInBytes}"),
            (!target.HasMatrixCores || s.MatrixOperations >= rule.MinMatrixOperations, $"{s.MatrixOperations} v_wmma, at least {rule.MinMatrixOperations}"),
        ];
        foreach ((bool _, string violation) in checks.Where(c => !c.IsHeld))
        {
            yield return $"{violation} ({(rule.Shaders.Length == 0 ? "all shaders" : rule.Shaders)}: {rule.Why})";
        }

        if (recorded.TryGetValue(row.Variant.Use, out double before) && s.InverseThroughput > before * Tolerance)
        {
            yield return $"inverse throughput {s.InverseThroughput:0}, recorded {before:0}, at most {before * Tolerance:0} ({row.Variant.Example})";
        }
    }

    private ImmutableSortedDictionary<string, double> RecordedOf(RdnaTarget target)
        => Recorded.GetValueOrDefault(target.Name, ImmutableSortedDictionary<string, double>.Empty);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(RdnaBudget))]
internal sealed partial class BudgetJson : JsonSerializerContext;
