using System.Text.Json.Serialization;

namespace Hummingbird.Vulkan.Engine.Weights;

/// <summary>Source-generated JSON of the model folder's files, in the snake_case they use.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    MaxDepth = 16,
    WriteIndented = true)]
[JsonSerializable(typeof(UNetConfig))]
[JsonSerializable(typeof(AutoencoderConfig))]
[JsonSerializable(typeof(TextEncoderConfig))]
[JsonSerializable(typeof(SchedulerConfig))]
[JsonSerializable(typeof(ModelIndex))]
[JsonSerializable(typeof(TokenizerConfig))]
[JsonSerializable(typeof(MagicUNetConfig))]
[JsonSerializable(typeof(VideoVaeConfig))]
[JsonSerializable(typeof(FitConfig))]
[JsonSerializable(typeof(T5Config))]
[JsonSerializable(typeof(SnapSamplerConfig))]
internal sealed partial class ModelJson : JsonSerializerContext;
