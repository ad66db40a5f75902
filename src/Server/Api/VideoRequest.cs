using System.Text.Json.Serialization;
using Hummingbird.Vulkan.Server.Jobs;

namespace Hummingbird.Vulkan.Server.Api;

/// <summary>What <c>POST /v1/videos</c> takes. Only the prompt is needed; the model's defaults fill in the rest.</summary>
public sealed record VideoRequest
{
    /// <summary>What the video should show.</summary>
    public string? Prompt { get; init; }

    /// <summary>A name from /v1/models.</summary>
    public string? Model { get; init; }

    /// <summary>Width and height as "64x64".</summary>
    public string? Size { get; init; }

    /// <summary>Length; frames are seconds times fps.</summary>
    [JsonNumberHandling(JsonNumberHandling.AllowReadingFromString)]
    public double? Seconds { get; init; }

    /// <summary>Of torch's CPU generator; -1 draws one.</summary>
    public long? Seed { get; init; }

    /// <summary>Frames, instead of seconds.</summary>
    public int? NumFrames { get; init; }

    /// <summary>Frames per second.</summary>
    public int? Fps { get; init; }

    /// <summary>Denoising steps.</summary>
    public int? NumInferenceSteps { get; init; }

    /// <summary>How closely to follow the prompt.</summary>
    public double? GuidanceScale { get; init; }

    /// <summary>Pixels, instead of size.</summary>
    public int? Width { get; init; }

    /// <summary>Pixels, instead of size.</summary>
    public int? Height { get; init; }

    /// <summary>What to steer away from; models with embedded guidance refuse it.</summary>
    public string? NegativePrompt { get; init; }

    /// <summary>"lcm" or "ddim".</summary>
    public string? Scheduler { get; init; }

    /// <summary>The file's format; mp4 unless said otherwise.</summary>
    public OutputFormat? OutputFormat { get; init; }

    /// <summary>Writes prompt and settings into the file and beside it, for `hummingbird inspect`.</summary>
    public bool? EmbedMetadata { get; init; }

    /// <summary>Of synchronous generation: "b64_json" or "url".</summary>
    public string? ResponseFormat { get; init; }
}
