using System.Text.Json;
using System.Text.Json.Serialization;
using Hummingbird.Vulkan.Engine.Generation;

namespace Hummingbird.Vulkan.Server.Jobs;

/// <summary>Where a video stands; the names are OpenAI's.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<VideoStatus>))]
public enum VideoStatus
{
    Queued,
    InProgress,
    Completed,
    Failed,
}

/// <summary>Files the server writes.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<OutputFormat>))]
public enum OutputFormat
{
    Mp4,
    Webm,
    Gif,
    Webp,
    Apng,
}

/// <summary>What a video is made from; all defaults are filled in.</summary>
/// <param name="Model">A name of the catalog.</param>
/// <param name="EmbedsMetadata">The client chose to have prompt and settings written into the file.</param>
public sealed record VideoSettings(
    string Prompt, string NegativePrompt, string Model, long Seed, int Steps, int Frames, int Fps, int Width, int Height,
    double GuidanceScale, string Scheduler, OutputFormat Format, bool EmbedsMetadata)
{
    /// <summary>Frames / fps.</summary>
    [JsonIgnore]
    public double Seconds => Frames / (double)Fps;

    [JsonIgnore]
    public GenerationRequest Request => new(Prompt, NegativePrompt, Seed, Steps, Frames, Fps, Width, Height, GuidanceScale, Scheduler);
}

/// <summary>Why there is no video.</summary>
/// <param name="Code">For programs.</param>
/// <param name="Message">For people.</param>
public sealed record VideoError(string Code, string Message);

/// <summary>What is kept of a video on disk, beside its file.</summary>
/// <param name="CreatedAt">Milliseconds since 1970.</param>
public sealed record VideoRecord(string Id, long CreatedAt, VideoSettings Settings)
{
    public VideoStatus Status { get; init; } = VideoStatus.Queued;

    public long? StartedAt { get; init; }

    public long? CompletedAt { get; init; }

    /// <summary>The file's name in the data folder.</summary>
    public string? File { get; init; }

    public long Bytes { get; init; }

    public VideoError? Error { get; init; }

    /// <summary>What the user should know, such as a phase redone in fp32.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Seconds by phase.</summary>
    public IReadOnlyDictionary<string, double> Timings { get; init; } = new Dictionary<string, double>();

    public string? Device { get; init; }

    [JsonIgnore]
    public bool IsFinished => Status is VideoStatus.Completed or VideoStatus.Failed;
}

/// <summary>Enum members as lower-case words with underscores: exactly one of them, which the framework's own converter does not insist on.</summary>
internal sealed class SnakeCaseEnumConverter<T> : JsonConverter<T>
    where T : struct, Enum
{
    private static readonly Dictionary<string, T> Values = Enum.GetValues<T>().ToDictionary(v => JsonNamingPolicy.SnakeCaseLower.ConvertName(v.ToString()), StringComparer.Ordinal);

    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        => reader.TokenType == JsonTokenType.String && Values.TryGetValue(reader.GetString()!, out T value) ? value : throw new JsonException();

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
        => writer.WriteStringValue(JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString()));
}

internal static class OutputFormats
{
    public static string Extension(this OutputFormat format) => format switch
    {
        OutputFormat.Mp4 => ".mp4",
        OutputFormat.Webm => ".webm",
        OutputFormat.Gif => ".gif",
        OutputFormat.Webp => ".webp",
        _ => ".apng",
    };

    /// <summary>By a file's extension: without ffmpeg another format is written than was asked for.</summary>
    public static string ContentTypeOf(string file) => Path.GetExtension(file) switch
    {
        ".mp4" => "video/mp4",
        ".webm" => "video/webm",
        ".gif" => "image/gif",
        ".webp" => "image/webp",
        _ => "image/apng",
    };
}
