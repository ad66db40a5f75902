using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hummingbird.Vulkan.Server.Api;

/// <summary>JSON of the API: snake_case, strict when read.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    MaxDepth = 8)]
[JsonSerializable(typeof(VideoRequest))]
[JsonSerializable(typeof(Video))]
[JsonSerializable(typeof(VideoPage))]
[JsonSerializable(typeof(DeletedVideo))]
[JsonSerializable(typeof(GeneratedVideos))]
[JsonSerializable(typeof(PreviewEvent))]
[JsonSerializable(typeof(ErrorBody))]
[JsonSerializable(typeof(ModelPage))]
[JsonSerializable(typeof(DeviceView))]
[JsonSerializable(typeof(HealthView))]
internal sealed partial class ApiJson : JsonSerializerContext;
