using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Hummingbird.Vulkan.Engine.Weights;

/// <summary>The weights of one safetensors file, or of the shards an index names.</summary>
public sealed class SafetensorsSource : IWeightSource, IDisposable
{
    public const string IndexSuffix = ".safetensors.index.json";
    private const int LongestIndex = 64 << 20;

    private readonly Dictionary<string, SafetensorsFile> owner;

    private SafetensorsSource(string displayName, IReadOnlyList<SafetensorsFile> files, Dictionary<string, SafetensorsFile> owner)
    {
        DisplayName = displayName;
        Files = files;
        this.owner = owner;
    }

    public string DisplayName { get; }

    public IReadOnlyList<SafetensorsFile> Files { get; }

    public IEnumerable<string> Names => owner.Keys;

    /// <summary>Opens a .safetensors file, or every shard of a .safetensors.index.json.</summary>
    public static SafetensorsSource Open(string path) =>
        path.EndsWith(IndexSuffix, StringComparison.Ordinal) ? OpenShards(path) : From(SafetensorsFile.Open(path));

    /// <summary>Takes ownership of an open file.</summary>
    public static SafetensorsSource From(SafetensorsFile file) =>
        new(file.DisplayName, [file], file.Tensors.Keys.ToDictionary(name => name, _ => file, StringComparer.Ordinal));

    /// <summary>Whether a tensor of that name is read from this file (two shards may hold the same name; the index decides).</summary>
    internal bool Owns(SafetensorsFile file, string name) => owner.TryGetValue(name, out SafetensorsFile? found) && found == file;

    public bool TryGet(string name, [NotNullWhen(true)] out WeightTensor? tensor)
    {
        tensor = owner.TryGetValue(name, out SafetensorsFile? file) ? WeightTensor.FromFile(file, file.Tensors[name]) : null;
        return tensor is not null;
    }

    public void Dispose()
    {
        foreach (SafetensorsFile file in Files)
            file.Dispose();
    }

    private static SafetensorsSource OpenShards(string indexPath)
    {
        Dictionary<string, string> shardOf = ReadIndex(indexPath);
        var open = new Dictionary<string, SafetensorsFile>(StringComparer.Ordinal);
        try
        {
            var files = new Dictionary<string, SafetensorsFile>(StringComparer.Ordinal);
            foreach ((string tensor, string shard) in shardOf)
            {
                if (!open.TryGetValue(shard, out SafetensorsFile? file))
                    open[shard] = file = SafetensorsFile.Open(Path.Combine(Path.GetDirectoryName(indexPath) ?? "", shard));
                if (!file.Tensors.ContainsKey(tensor))
                    throw WeightException.In(indexPath, $"places tensor {Quote.Name(tensor)} in {shard}, which does not hold it.");
                files[tensor] = file;
            }

            return new SafetensorsSource(indexPath, [.. open.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => pair.Value)], files);
        }
        catch
        {
            foreach (SafetensorsFile file in open.Values)
                file.Dispose();
            throw;
        }
    }

    private static Dictionary<string, string> ReadIndex(string path)
    {
        byte[] text = BoundedFile.Read(path, LongestIndex);
        var shardOf = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            using var json = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 8, AllowDuplicateProperties = false });
            if (json.RootElement.ValueKind != JsonValueKind.Object || !json.RootElement.TryGetProperty("weight_map", out JsonElement map)
                || map.ValueKind != JsonValueKind.Object)
            {
                throw WeightException.In(path, "has no weight_map object: not an index of shards.");
            }

            foreach (JsonProperty entry in map.EnumerateObject())
                shardOf[entry.Name] = BareFileName(path, entry);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new WeightException($"{path}: not valid JSON: {e.Message}", e);
        }

        return shardOf;
    }

    /// <summary>A shard lies beside its index: its name must be a file name and nothing more.</summary>
    private static string BareFileName(string index, JsonProperty entry)
    {
        string? shard = entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString() : null;
        bool bare = !string.IsNullOrEmpty(shard) && shard.EndsWith(".safetensors", StringComparison.Ordinal)
            && shard.AsSpan().IndexOfAny("/\\:\0") < 0 && shard == Path.GetFileName(shard);
        return bare ? shard! : throw WeightException.In(index,
            $"places tensor {Quote.Name(entry.Name)} in {Quote.Name(shard ?? entry.Value.GetRawText())}; a shard is a bare *.safetensors file name beside the index.");
    }
}
