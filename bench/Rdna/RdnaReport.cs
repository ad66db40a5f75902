using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hummingbird.Vulkan.Bench.Rdna;

/// <summary>Tables of what the compiler said, for people (Markdown) and programs (JSON).</summary>
public static class RdnaReport
{
    private static readonly (string Title, string Prefix)[] Watched =
    [
        ("wmma", "v_wmma"), ("dot2", "v_dot2"), ("pk_fma", "v_pk_fma_f16"), ("fma_mix", "v_fma_mix"), ("fma", "v_fma_f32"),
    ];

    /// <summary>One table: the rows of the model, then the others where <paramref name="all"/>.</summary>
    public static string Markdown(RdnaTable table, bool all)
    {
        StringBuilder text = new();
        text.AppendLine($"### {table.Target.Name}: {table.Target.Hardware.Product}").AppendLine();
        text.AppendLine($"{table.Driver}, {table.SubgroupSize} lanes, {table.Rows.Length} variants, of which Hummingbird 0.7B runs {table.Rows.Count(r => r.Variant.IsInModel)}.").AppendLine();
        text.AppendLine($"| variant | VGPR | SGPR | LDS | waves | spills | scratch | code | latency | inv. throughput | {string.Join(" | ", Watched.Select(w => w.Title))} | ushort loads |");
        text.AppendLine($"|---|{string.Concat(Enumerable.Repeat("--:|", 10 + Watched.Length))}");
        foreach (RdnaRow row in table.Rows.Where(r => all || r.Variant.IsInModel))
        {
            ShaderStatistics s = row.Statistics;
            text.Append(CultureInfo.InvariantCulture, $"| `{row.Variant.Name}` | {s.Vgprs} | {s.Sgprs} | {s.LdsInBytes} | {s.Waves} | {s.Spills} | {s.ScratchInBytes} | {s.CodeInBytes} | {s.Latency:0} | {s.InverseThroughput:0} | ");
            text.Append(string.Join(" | ", Watched.Select(w => s.Count(w.Prefix).ToString(CultureInfo.InvariantCulture))));
            text.AppendLine(CultureInfo.InvariantCulture, $" | {s.HalfwordLoads} |");
        }

        return text.ToString();
    }

    /// <summary>Seconds by graph and kernel, and all that was assumed.</summary>
    public static string Markdown(ModelEstimate estimate)
    {
        StringBuilder text = new();
        text.AppendLine(CultureInfo.InvariantCulture, $"### {estimate.Model} on {estimate.Target.Name}: {estimate.Frames} frames, {estimate.Steps} steps, about {estimate.Seconds:0.##} s or more").AppendLine();
        text.AppendLine("| graph | runs | s each | TFLOP | TFLOP/s | waiting for memory | where |");
        text.AppendLine("|---|--:|--:|--:|--:|--:|---|");
        foreach (GraphEstimate g in estimate.Graphs)
        {
            string where = string.Join(", ", g.ByKernel.Take(4).Select(k => string.Create(CultureInfo.InvariantCulture, $"{k.Kernel} {k.Seconds / g.Seconds:0%}")));
            text.AppendLine(CultureInfo.InvariantCulture, $"| {g.Name} | {g.Runs} | {g.Seconds:0.####} | {g.Flops / 1e12:0.###} | {g.Flops / 1e12 / g.Seconds:0.##} | {g.MemoryBoundShare:0%} | {where} |");
        }

        text.AppendLine();
        foreach (string assumption in estimate.Assumptions)
        {
            text.AppendLine($"- {assumption}");
        }

        return text.ToString();
    }

    public static string Json(IEnumerable<RdnaTable> tables)
    {
        IEnumerable<ReportTable> report = tables.Select(t => new ReportTable(t.Target.Name, t.Target.Hardware.Product, t.Driver, t.SubgroupSize, t.Rows.Select(RowOf)));
        return JsonSerializer.Serialize(report, ReportJson.Default.IEnumerableReportTable);
    }

    private static ReportRow RowOf(RdnaRow row)
    {
        ShaderStatistics s = row.Statistics;
        return new(
            row.Variant.Name, row.Variant.Kernel, row.Variant.Example, row.Variant.IsInModel, s.Vgprs, s.Sgprs, s.LdsInBytes, s.Waves, s.Spills,
            s.ScratchInBytes, s.CodeInBytes, s.Latency, s.InverseThroughput, Watched.ToDictionary(w => w.Title, w => s.Count(w.Prefix)), s.HalfwordLoads);
    }
}

internal sealed record ReportTable(string Target, string Product, string Driver, int SubgroupSize, IEnumerable<ReportRow> Variants);

internal sealed record ReportRow(
    string Variant, string Kernel, string Example, bool IsInModel, int Vgprs, int Sgprs, int LdsInBytes, int WavesPerSimd, int Spills, int ScratchInBytes,
    int CodeInBytes, double Latency, double InverseThroughput, IReadOnlyDictionary<string, int> Operations, int HalfwordLoads);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(IEnumerable<ReportTable>))]
internal sealed partial class ReportJson : JsonSerializerContext;
