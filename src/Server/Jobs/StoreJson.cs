using System.Text.Json.Serialization;

namespace Hummingbird.Vulkan.Server.Jobs;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, AllowDuplicateProperties = false, MaxDepth = 16, WriteIndented = true)]
[JsonSerializable(typeof(VideoRecord))]
internal sealed partial class StoreJson : JsonSerializerContext;
