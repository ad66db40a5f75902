using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hummingbird.Vulkan.Engine.Media;

/// <summary>All that is needed to make the same video again, and to know what made it.</summary>
public sealed record GenerationMetadata
{
    public required string Prompt { get; init; }

    public string NegativePrompt { get; init; } = string.Empty;

    public required long Seed { get; init; }

    public required int Steps { get; init; }

    public required int Frames { get; init; }

    public required int Fps { get; init; }

    public required int Width { get; init; }

    public required int Height { get; init; }

    public required double GuidanceScale { get; init; }

    public required string Scheduler { get; init; }

    /// <summary><c>fp16</c> or <c>fp32</c>.</summary>
    public required string Precision { get; init; }

    /// <summary>The model as it was named: a folder or a known name.</summary>
    public required string Model { get; init; }

    /// <summary>SHA-256 of the model's weights, hexadecimal.</summary>
    public string? ModelHash { get; init; }

    /// <summary>A safetensors file that held the noise, when the seed did not make it.</summary>
    public string? NoiseFile { get; init; }

    /// <summary>Low-rank updates as they were named: FILE or FILE:SCALE; null for none.</summary>
    public IReadOnlyList<string>? Loras { get; init; }

    /// <summary>The stages of a cascade that were asked for, when not the model's own.</summary>
    public string? Stages { get; init; }

    public string? EngineVersion { get; init; }

    /// <summary>The device as its driver names it.</summary>
    public string? Device { get; init; }

    /// <summary>SHA-256 of the final latents (fp32, <c>[1, C, T, H, W]</c>), hexadecimal.</summary>
    public string? LatentsSha256 { get; init; }

    /// <summary>The metadata as JSON with snake_case names.</summary>
    public string ToJson(bool indented = false) => JsonSerializer.Serialize(
        this, indented ? MetadataText.Indented.GenerationMetadata : MetadataText.Compact.GenerationMetadata);

    /// <summary>From <see cref="ToJson"/>'s text; null when it is something else.</summary>
    public static GenerationMetadata? FromJson(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, MetadataText.Compact.GenerationMetadata);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>
    /// The text that image tools know as "parameters" (AUTOMATIC1111's layout): the prompt, the negative
    /// prompt, and one line of <c>Name: value</c> pairs.
    /// </summary>
    public string ToParametersText()
    {
        var text = new StringBuilder(Prompt).Append('\n');
        if (NegativePrompt.Length > 0)
        {
            text.Append("Negative prompt: ").Append(NegativePrompt).Append('\n');
        }

        (string Name, string? Value)[] pairs =
        [
            ("Steps", $"{Steps}"),
            ("Sampler", Scheduler),
            ("CFG scale", Number(GuidanceScale)),
            ("Seed", $"{Seed}"),
            ("Size", $"{Width}x{Height}"),
            ("Frames", $"{Frames}"),
            ("FPS", $"{Fps}"),
            ("Model hash", ModelHash?[..Math.Min(10, ModelHash.Length)]),
            ("Model", Model),
            ("Precision", Precision),
            ("Device", Device),
            ("Latents SHA-256", LatentsSha256),
            ("Version", EngineVersion is null ? null : "Hummingbird.Vulkan " + EngineVersion),
        ];
        text.AppendJoin(", ", pairs.Where(p => p.Value is not null).Select(p => $"{p.Name}: {QuoteValue(p.Value!)}"));
        return text.ToString();
    }

    /// <summary>The command that makes this video again, quoted for a POSIX shell.</summary>
    /// <param name="output">The path to write to; null leaves the option out.</param>
    public string ToCommandLine(string? output = null)
    {
        List<string> options =
        [
            "--model", Model,
            "--seed", $"{Seed}",
            "--steps", $"{Steps}",
            "--frames", $"{Frames}",
            "--fps", $"{Fps}",
            "--width", $"{Width}",
            "--height", $"{Height}",
            "--guidance-scale", Number(GuidanceScale),
            "--scheduler", Scheduler,
            "--precision", Precision,
        ];
        AddOption(options, "--negative-prompt", NegativePrompt);
        AddOption(options, "--load-noise", NoiseFile);
        foreach (string lora in Loras ?? [])
        {
            AddOption(options, "--lora", lora);
        }

        AddOption(options, "--stages", Stages);
        AddOption(options, "--output", output);
        // A prompt that looks like an option has to come last, where none is expected.
        string[] words = Prompt.StartsWith('-') ? [.. options, "--", Prompt] : [Prompt, .. options];
        return "hummingbird generate " + string.Join(' ', words.Select(QuoteWord));
    }

    private static void AddOption(List<string> options, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            options.AddRange(value.StartsWith('-') ? [$"{name}={value}"] : [name, value]);
        }
    }

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>Values with the separators of the parameters line in them are JSON strings.</summary>
    private static string QuoteValue(string value) =>
        value.AsSpan().IndexOfAny(",:\n\"") < 0
            ? value
            : '"' + JsonEncodedText.Encode(value, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString() + '"';

    private static string QuoteWord(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "-_./=+:,%@".Contains(c, StringComparison.Ordinal))
            ? word
            : "'" + word.Replace("'", @"'\''", StringComparison.Ordinal) + "'";
}

/// <summary>Serialisation made at compile time: no reflection, so it survives trimming.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(GenerationMetadata))]
internal sealed partial class MetadataJson : JsonSerializerContext;

/// <summary>How the metadata looks as text: prompts in any script stay readable.</summary>
internal static class MetadataText
{
    public static MetadataJson Compact { get; } = new(Options(indented: false));

    public static MetadataJson Indented { get; } = new(Options(indented: true));

    private static JsonSerializerOptions Options(bool indented) => new(MetadataJson.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = indented,
    };
}
