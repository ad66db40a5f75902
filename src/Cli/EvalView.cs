using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Hummingbird.Vulkan.Cli.Commands;
using Hummingbird.Vulkan.Engine.Evaluation;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Cli;

/// <summary>What <c>eval</c> found: a table, or JSON with every clip.</summary>
internal static class EvalView
{
    private static readonly EvalJson Json = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
    });

    private static readonly (string Title, Func<EvaluationRow, double?> Value)[] Shares =
    [
        ("count", r => r.Count), ("layout", r => r.Layout), ("backgr.", r => r.Background), ("colour", r => r.Colour), ("shape", r => r.Shape),
        ("size", r => r.Size), ("motion", r => r.Motion), ("all", r => r.All),
    ];

    private static readonly (string Title, Func<ClipMeasures, double> Value)[] Measures =
    [
        ("steady", m => m.Steadiness), ("smooth", m => m.Smoothness), ("dynamic", m => m.Dynamics), ("subject", m => m.SubjectConsistency),
        ("scenery", m => m.BackgroundConsistency),
    ];

    public static void Show(IReadOnlyList<EvaluatedClip> clips, EvalArguments arguments, TextWriter output)
    {
        IReadOnlyList<EvaluationRow> table = EvaluationRow.Table(clips);
        if (arguments.IsJson)
        {
            output.WriteLine(JsonSerializer.Serialize(new EvalReport(arguments.Videos.Count > 0 ? null : arguments.Model ?? ModelFolder.EmbeddedNames[0], arguments.Seed, table, clips), Json.EvalReport));
            return;
        }

        bool hasScenes = table.Any(r => r.All is not null);
        int width = Math.Max("videos".Length, table.Max(r => r.Group.Length));
        output.WriteLine($"{"".PadRight(width)}  {"n",5}{(hasScenes ? string.Concat(Shares.Select(s => $"  {s.Title,7}")) : "")}{string.Concat(Measures.Select(m => $"  {m.Title,7}"))}");
        foreach (EvaluationRow row in table)
        {
            string shares = hasScenes ? string.Concat(Shares.Select(s => s.Value(row) is double v ? Figure($"  {100 * v,6:0.0}%") : $"  {"-",7}")) : "";
            output.WriteLine($"{row.Group.PadRight(width)}  {row.Clips,5}{shares}{string.Concat(Measures.Select(m => Figure($"  {m.Value(row.Measures),7:0.0000}")))}");
        }
    }

    private static string Figure(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

/// <summary>The report of <c>eval --json</c>.</summary>
internal sealed record EvalReport(string? Model, long Seed, IReadOnlyList<EvaluationRow> Table, IReadOnlyList<EvaluatedClip> Clips);

[JsonSerializable(typeof(EvalReport))]
internal sealed partial class EvalJson : JsonSerializerContext;
