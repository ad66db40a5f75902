using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.WeightsConverter.Checkpoints;
using Hummingbird.Vulkan.WeightsConverter.Detection;

namespace Hummingbird.Vulkan.WeightsConverter.Output;

/// <summary>Writes the files of a model folder.</summary>
internal sealed class ModelWriter(RecognisedModel model, ConversionRequest request, Action<int> onBytes, CancellationToken cancellation)
{
    public const string RecordName = "hummingbird.json";

    private static readonly Dictionary<string, string> Metadata = new(StringComparer.Ordinal) { ["format"] = "pt" };

    /// <summary>Networks and tensors in the order of their source, so that it is read once from end to end, beside its checksum.</summary>
    public void WriteWeights(AtomicFolder folder)
    {
        foreach (string component in model.Parts.Components.OrderBy(c => model.Parts[c].Values.Select(t => t.Begin).DefaultIfEmpty().Min()))
            folder.Write(SourceParts.FilesOf(component)[0], stream => WriteTensors(stream, model.Parts[component].Values, model.Parts.FileOf(component)));
    }

    public void WriteTensors(Stream stream, IEnumerable<SourceTensor> tensors, string file) =>
        SafetensorsWriter.Write(stream, tensors.Select(tensor => ToWrite(tensor, file)), Metadata);

    /// <summary>Configurations, vocabulary and the record of the sources.</summary>
    public void WriteRest(AtomicFolder folder, Vocabulary? vocabulary, ConversionRecord record)
    {
        if (model.UNet is not null)
            WriteJson(folder, "unet/config.json", model.UNet, ConverterJson.Default.UNetConfig);
        if (model.Vae is not null)
            WriteJson(folder, "vae/config.json", model.Vae, ConverterJson.Default.AutoencoderConfig);
        if (model.TextEncoder is not null)
            WriteJson(folder, "text_encoder/config.json", model.TextEncoder, ConverterJson.Default.TextEncoderConfig);
        if (model.SnapTextEncoder is not null)
            WriteJson(folder, "text_encoder/config.json", model.SnapTextEncoder, ConverterJson.Default.T5Config);
        if (model.IsSnapVideo)
            WriteJson(folder, "scheduler/scheduler_config.json", model.SnapSampler, ConverterJson.Default.SnapSamplerConfig);
        if (model.SuperResolution is not null)
            WriteJson(folder, "super_resolution/config.json", model.SuperResolution, ConverterJson.Default.RrdbConfig);
        foreach ((string component, JsonObject config) in model.OtherConfigs)
            folder.Write($"{component}/config.json", stream => WriteJson(stream, config));
        if (model.UNet is not null || model.IsCascade)
            WriteJson(folder, "scheduler/scheduler_config.json", model.Scheduler, ConverterJson.Default.SchedulerConfig);
        if (model.IsComplete)
            WriteJson(folder, "model_index.json", Index(), ConverterJson.Default.WrittenIndex);
        else if (model.IsCascade)
            WriteJson(folder, "model_index.json", new ModelIndex(ModelIndex.MagicVideo, "magicvideo", model.Defaults), ConverterJson.Default.ModelIndex);
        else if (model.IsSnapVideo)
            WriteJson(folder, "model_index.json", new ModelIndex(SnapVideoParts.ClassName, "snapvideo", model.Defaults), ConverterJson.Default.ModelIndex);
        foreach ((string name, byte[] bytes) in vocabulary?.Files ?? new Dictionary<string, byte[]>(StringComparer.Ordinal))
            folder.Write($"tokenizer/{name}", stream => stream.Write(bytes));
        WriteJson(folder, RecordName, record, ConverterJson.Default.ConversionRecord);
    }

    private WrittenIndex Index() => new(
        "HummingbirdPipeline", model.UNet!.Name, ["transformers", "CLIPTokenizer"], ["open_clip", "OpenCLIPTextEncoder"],
        ["videocrafter", "VideoCrafterUNet"], ["diffusers", "AutoencoderKL"], ["diffusers", model.Scheduler.ClassName], model.Defaults);

    private TensorToWrite ToWrite(SourceTensor tensor, string file)
    {
        WeightType target = TypeConversion.TargetOf(tensor, request.Type);
        return new(tensor.Name, target, tensor.Shape, stream => TypeConversion.Write(tensor, target, file, stream, onBytes, cancellation), tensor.Begin);
    }

    private static void WriteJson<T>(AtomicFolder folder, string path, T value, JsonTypeInfo<T> type) => folder.Write(path, stream =>
    {
        JsonSerializer.Serialize(stream, value, type);
        stream.WriteByte((byte)'\n');
    });

    private static void WriteJson(Stream stream, JsonObject value)
    {
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
            value.WriteTo(json);
        stream.WriteByte((byte)'\n');
    }
}
