using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Hummingbird.Vulkan.Engine.Weights;

/// <summary>Checks of one configuration file; every message names the file, the field and what was expected.</summary>
internal readonly struct ConfigCheck(string file)
{
    public void Range(string property, long value, long least, long most) =>
        That(value >= least && value <= most, Field(property), $"is {value}, expected {least} to {most}");

    public void List(string property, ImmutableArray<int> values, int longest, int least, int most)
    {
        That(values.Length <= longest, Field(property), $"has {values.Length} elements, expected at most {longest}");
        foreach (int value in values)
            Range(property, value, least, most);
    }

    public void That(bool holds, string field, string problem)
    {
        if (!holds)
            throw WeightException.In(file, $"{field} {problem}.");
    }

    /// <summary>Parses a configuration: unknown fields are ignored, duplicates and wrong types are refused.</summary>
    public static T Parse<T>(ReadOnlySpan<byte> json, string file, JsonTypeInfo<T> type)
    {
        if (json.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
            json = json[3..];
        try
        {
            return JsonSerializer.Deserialize(json, type)
                ?? throw WeightException.In(file, "holds null, expected an object.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new WeightException($"{file}: not a valid configuration: {e.Message}", e);
        }
    }

    private static string Field(string property) =>
        property.Contains('.') ? property : JsonNamingPolicy.SnakeCaseLower.ConvertName(property);
}
