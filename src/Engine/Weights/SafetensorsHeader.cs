using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Unicode;

namespace Hummingbird.Vulkan.Engine.Weights;

/// <summary>Strict parser of the safetensors JSON header. Everything is checked before a byte of tensor data is allocated.</summary>
/// <remarks>Format: u64 little-endian header length, JSON object, tensor bytes. Names in the file are data, never paths.
/// Stricter than the format's own library: duplicate names and fields, unknown fields, holes and overlaps are refused.</remarks>
internal ref struct SafetensorsHeader
{
    public const long LongestHeader = 100_000_000;
    private const int LargestRank = 16;
    private const int MostTensors = 100_000;
    private const int DeepestJson = 8;

    private readonly string file;
    private readonly long dataLength;
    private readonly Dictionary<string, TensorEntry> tensors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> metadata = new(StringComparer.Ordinal);
    private bool sawMetadata;
    private Utf8JsonReader json;

    private SafetensorsHeader(ReadOnlySpan<byte> header, string file, long dataLength)
    {
        this.file = file;
        this.dataLength = dataLength;
        json = new Utf8JsonReader(header, new JsonReaderOptions { MaxDepth = DeepestJson });
    }

    public static (Dictionary<string, TensorEntry> Tensors, Dictionary<string, string> Metadata) Parse(
        ReadOnlySpan<byte> header, string file, long dataLength)
    {
        if (header.IsEmpty || header[0] != (byte)'{')
            throw WeightException.In(file, "the header does not start with '{': this is not a safetensors file.");
        if (!Utf8.IsValid(header))
            throw WeightException.In(file, "the header is not valid UTF-8.");
        var parser = new SafetensorsHeader(header, file, dataLength);
        try
        {
            parser.ReadAll();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new WeightException($"{file}: the header is not valid JSON: {e.Message}", e);
        }

        parser.CheckRanges();
        return (parser.tensors, parser.metadata);
    }

    private void ReadAll()
    {
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string name = json.GetString()!;
            json.Read();
            if (name == "__metadata__")
                ReadMetadata();
            else
                ReadTensor(name);
        }

        // One more read makes the reader look for anything after the closing brace and refuse it.
        json.Read();
    }

    private void ReadMetadata()
    {
        if (sawMetadata)
            throw WeightException.In(file, "the header has two __metadata__ entries.");
        sawMetadata = true;
        Expect(JsonTokenType.StartObject, "__metadata__ must be an object of strings");
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string key = json.GetString()!;
            json.Read();
            Expect(JsonTokenType.String, $"the value of metadata key {Quote.Name(key)} must be a string");
            if (!metadata.TryAdd(key, json.GetString()!))
                throw WeightException.In(file, $"metadata key {Quote.Name(key)} appears twice.");
        }
    }

    private void ReadTensor(string name)
    {
        Expect(JsonTokenType.StartObject, $"the entry of tensor {Quote.Name(name)} must be an object");
        WeightType? type = null;
        ImmutableArray<long>? shape = null, offsets = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string field = json.GetString()!;
            json.Read();
            bool twice = field switch
            {
                "dtype" => type is not null,
                "shape" => shape is not null,
                "data_offsets" => offsets is not null,
                _ => throw Bad(name, $"has an unknown field {Quote.Name(field)}; only dtype, shape and data_offsets are allowed"),
            };
            if (twice)
                throw Bad(name, $"has two {field} fields");
            if (field == "dtype")
                type = ReadType(name);
            else if (field == "shape")
                shape = ReadIntegers(name, field, LargestRank);
            else
                offsets = ReadIntegers(name, field, most: 2);
        }

        Add(name, type ?? throw Bad(name, "has no dtype"), shape ?? throw Bad(name, "has no shape"),
            offsets ?? throw Bad(name, "has no data_offsets"));
    }

    private readonly void Add(string name, WeightType type, ImmutableArray<long> shape, ImmutableArray<long> offsets)
    {
        if (offsets.Length != 2)
            throw Bad(name, $"has {offsets.Length} data_offsets, expected 2 (begin and end)");
        (long begin, long end) = (offsets[0], offsets[1]);
        if (begin > end || end > dataLength)
            throw Bad(name, $"has data_offsets [{begin}, {end}] outside the file's {dataLength} data bytes");
        long expected = CheckedSize(name, type, shape);
        if (end - begin != expected)
            throw Bad(name, $"is {type.HeaderName()} {Quote.Shape(shape.AsSpan())} = {expected} bytes, but its data_offsets [{begin}, {end}] span {end - begin}");
        if (!tensors.TryAdd(name, new TensorEntry(name, type, shape, begin, end)))
            throw Bad(name, "appears twice");
        if (tensors.Count > MostTensors)
            throw WeightException.In(file, $"the header lists more than {MostTensors} tensors.");
    }

    /// <summary>Bytes of the tensor. Dimensions other than zero must not overflow even when another one is zero.</summary>
    private readonly long CheckedSize(string name, WeightType type, ImmutableArray<long> shape)
    {
        UInt128 size = (UInt128)type.SizeInBytes();
        bool empty = false;
        foreach (long dimension in shape)
        {
            if (dimension == 0)
                empty = true;
            else
                size *= (UInt128)dimension;
            if (size > long.MaxValue)
                throw Bad(name, $"has shape {Quote.Shape(shape.AsSpan())}, more bytes than fit in 63 bits");
        }

        return empty ? 0 : (long)size;
    }

    private readonly WeightType ReadType(string tensor)
    {
        if (json.TokenType != JsonTokenType.String)
            throw Bad(tensor, "has a dtype that is not a string");
        string name = json.GetString()!;
        return WeightTypes.FromHeader(name)
            ?? throw Bad(tensor, $"has dtype {Quote.Name(name)}; supported are {string.Join(", ", Enum.GetValues<WeightType>().Select(t => t.HeaderName()))}");
    }

    private ImmutableArray<long> ReadIntegers(string tensor, string field, int most)
    {
        if (json.TokenType != JsonTokenType.StartArray)
            throw Bad(tensor, $"has a {field} that is not a list");
        var values = ImmutableArray.CreateBuilder<long>();
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            // Digits only: 4.0, 4e0 and -0 are numbers to JSON but not sizes to us.
            bool digits = json.TokenType == JsonTokenType.Number && !json.ValueSpan.ContainsAnyExceptInRange((byte)'0', (byte)'9');
            if (!digits || !json.TryGetInt64(out long value))
                throw Bad(tensor, $"has a {field} element that is not an integer from 0 to 2^63-1");
            if (values.Count == most)
                throw Bad(tensor, $"has more than {most} elements in {field}");
            values.Add(value);
        }

        return values.ToImmutable();
    }

    /// <summary>Tensors must tile the data exactly: no hole, no overlap, nothing before the first or after the last.</summary>
    private readonly void CheckRanges()
    {
        long at = 0;
        foreach (TensorEntry tensor in tensors.Values.OrderBy(t => t.Begin).ThenBy(t => t.End))
        {
            if (tensor.Begin != at)
                throw Bad(tensor.Name, $"begins at data byte {tensor.Begin}, expected {at}: {(tensor.Begin > at ? "there is a hole before it" : "it overlaps another tensor")}");
            at = tensor.End;
        }

        if (at != dataLength)
            throw WeightException.In(file, $"the tensors end at data byte {at}, but the file has {dataLength} data bytes.");
    }

    private readonly void Expect(JsonTokenType token, string otherwise)
    {
        if (json.TokenType != token)
            throw WeightException.In(file, $"{otherwise}, found {json.TokenType}.");
    }

    private readonly WeightException Bad(string tensor, string problem) =>
        WeightException.In(file, $"tensor {Quote.Name(tensor)} {problem}.");
}
