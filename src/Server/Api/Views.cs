using System.Globalization;
using System.Text.Json.Serialization;
using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Server.Jobs;

namespace Hummingbird.Vulkan.Server.Api;

/// <summary>OpenAI's video object; what follows <c>error</c> is our own.</summary>
public sealed record Video
{
    public required string Id { get; init; }

    public string Object { get; } = "video";

    public required string Model { get; init; }

    public required VideoStatus Status { get; init; }

    /// <summary>Per cent.</summary>
    public required int Progress { get; init; }

    /// <summary>Seconds since 1970.</summary>
    public required long CreatedAt { get; init; }

    public long? CompletedAt { get; init; }

    public long? ExpiresAt { get; init; }

    public required string Size { get; init; }

    public required string Seconds { get; init; }

    public required string Prompt { get; init; }

    public string? RemixedFromVideoId { get; init; }

    public VideoError? Error { get; init; }

    public required long Seed { get; init; }

    public required int NumFrames { get; init; }

    public required int Fps { get; init; }

    public required int NumInferenceSteps { get; init; }

    public required double GuidanceScale { get; init; }

    public required int Width { get; init; }

    public required int Height { get; init; }

    public required string NegativePrompt { get; init; }

    public required string Scheduler { get; init; }

    public required OutputFormat OutputFormat { get; init; }

    public required bool EmbedMetadata { get; init; }

    /// <summary>1 is next; 0 is running or over.</summary>
    public required int QueuePosition { get; init; }

    /// <summary>load, encode_prompt, denoise or decode.</summary>
    public string? Phase { get; init; }

    /// <summary>Steps or frames done in this phase.</summary>
    public int? Step { get; init; }

    public int? Steps { get; init; }

    public double? IterationsPerSecond { get; init; }

    /// <summary>Until the phase ends.</summary>
    public double? EtaSeconds { get; init; }

    /// <summary>Of the file, once there is one.</summary>
    public string? ContentType { get; init; }

    public long? Bytes { get; init; }

    /// <summary>From start to finish.</summary>
    public double? ElapsedSeconds { get; init; }

    /// <summary>Seconds by phase.</summary>
    public required IReadOnlyDictionary<string, double> Timings { get; init; }

    public required IReadOnlyList<string> Notes { get; init; }

    public string? Device { get; init; }

    internal static Video Of(VideoState state)
    {
        (VideoRecord record, VideoSettings s) = (state.Record, state.Record.Settings);
        GenerationProgress? progress = record.Status == VideoStatus.InProgress ? state.Progress : null;
        return new()
        {
            Id = record.Id,
            Model = s.Model,
            Status = record.Status,
            Progress = state.Percent,
            CreatedAt = record.CreatedAt / 1000,
            CompletedAt = record.CompletedAt / 1000,
            Size = $"{s.Width}x{s.Height}",
            Seconds = s.Seconds.ToString("0.###", CultureInfo.InvariantCulture),
            Prompt = s.Prompt,
            Error = record.Error,
            Seed = s.Seed,
            NumFrames = s.Frames,
            Fps = s.Fps,
            NumInferenceSteps = s.Steps,
            GuidanceScale = s.GuidanceScale,
            Width = s.Width,
            Height = s.Height,
            NegativePrompt = s.NegativePrompt,
            Scheduler = s.Scheduler,
            OutputFormat = s.Format,
            EmbedMetadata = s.EmbedsMetadata,
            QueuePosition = record.Status == VideoStatus.Queued ? state.QueuePosition : 0,
            Phase = progress is { } p ? PhaseNames.Of(p.Phase) : null,
            Step = progress?.Done,
            Steps = progress?.Total,
            IterationsPerSecond = progress?.PerItem is { Ticks: > 0 } each ? Math.Round(1 / each.TotalSeconds, 3) : null,
            EtaSeconds = progress?.Remaining is { } remaining ? Math.Round(remaining.TotalSeconds, 2) : null,
            ContentType = record.File is string file ? OutputFormats.ContentTypeOf(file) : null,
            Bytes = record.File is null ? null : record.Bytes,
            ElapsedSeconds = record is { StartedAt: long start, CompletedAt: long end } ? (end - start) / 1000.0 : null,
            Timings = record.Timings,
            Notes = record.Notes,
            Device = record.Device,
        };
    }
}

/// <summary>A page of the list, newest first unless asked otherwise.</summary>
public sealed record VideoPage(IReadOnlyList<Video> Data, string? FirstId, string? LastId, bool HasMore)
{
    public string Object { get; } = "list";
}

public sealed record DeletedVideo(string Id)
{
    public string Object { get; } = "video.deleted";

    public bool Deleted { get; } = true;
}

/// <summary>The answer of synchronous generation.</summary>
public sealed record GeneratedVideos(long Created, string Id, IReadOnlyList<GeneratedVideo> Data);

/// <param name="B64Json">The file in base64.</param>
/// <param name="Url">Where to fetch it, on this server.</param>
public sealed record GeneratedVideo(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? B64Json,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Url);

/// <summary>A strip of frames below one another.</summary>
/// <param name="Image">PNG in base64.</param>
public sealed record PreviewEvent(string Id, int Step, int Steps, int Frames, int Width, int Height, string Image);

public sealed record ErrorBody(ErrorDetail Error);

/// <summary>OpenAI's error.</summary>
public sealed record ErrorDetail(string Message, string Type, string? Param, string? Code);
