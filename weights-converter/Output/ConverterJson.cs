using System.Text.Json;
using System.Text.Json.Serialization;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.WeightsConverter.Detection;

namespace Hummingbird.Vulkan.WeightsConverter.Output;

/// <summary>How a folder came to be; hummingbird.json.</summary>
/// <param name="Format">Of this file.</param>
/// <param name="Version">Of the converter.</param>
/// <param name="Layout">Order of the values in the weight files of the networks: always "torch", as published.</param>
/// <param name="Dtype">What was asked for; "as stored" otherwise.</param>
/// <param name="Packed">Files of packed weights beside the others.</param>
internal sealed record ConversionRecord(
    int Format, string Version, string Family, string Layout, string Dtype, string? Pruned, IReadOnlyList<string>? Packed, IReadOnlyList<SourceRecord> Sources);

/// <summary>model_index.json in diffusers' form: for each folder a library and a class.</summary>
internal sealed record WrittenIndex(
    [property: JsonPropertyName("_class_name")] string ClassName,
    [property: JsonPropertyName("_name_or_path")] string NameOrPath,
    string[] Tokenizer, string[] TextEncoder, [property: JsonPropertyName("unet")] string[] UNet, string[] Vae, string[] Scheduler,
    GenerationDefaults Defaults);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true)]
[JsonSerializable(typeof(ConversionRecord))]
[JsonSerializable(typeof(WrittenIndex))]
[JsonSerializable(typeof(ModelIndex))]
[JsonSerializable(typeof(UNetConfig))]
[JsonSerializable(typeof(AutoencoderConfig))]
[JsonSerializable(typeof(TextEncoderConfig))]
[JsonSerializable(typeof(SchedulerConfig))]
[JsonSerializable(typeof(RrdbConfig))]
[JsonSerializable(typeof(FitConfig))]
[JsonSerializable(typeof(T5Config))]
[JsonSerializable(typeof(SnapSamplerConfig))]
internal sealed partial class ConverterJson : JsonSerializerContext;
