using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Hummingbird.Vulkan.Server.Api;

/// <summary>From a request's body to a <see cref="VideoRequest"/>: JSON, or the form fields that OpenAI's own clients send.</summary>
internal static class RequestReader
{
    private const int MaxFields = 32;

    private static readonly JsonTypeInfo<VideoRequest> Type = ApiJson.Default.VideoRequest;
    private static readonly Dictionary<string, JsonPropertyInfo> Fields = Type.Properties.ToDictionary(p => p.Name, StringComparer.Ordinal);

    /// <exception cref="ApiException">400 or 415.</exception>
    /// <exception cref="BadHttpRequestException">413, or the body came too slowly.</exception>
    public static async Task<VideoRequest> ReadAsync(HttpRequest request, CancellationToken cancellation)
    {
        MediaTypeHeaderValue? type = MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? parsed) ? parsed : null;
        bool isUtf8 = type is not null && (!type.Charset.HasValue || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase));
        if (request.Headers.ContentEncoding.Count > 0)
        {
            throw new ApiException(StatusCodes.Status415UnsupportedMediaType, "Content-Encoding is not supported: send the body as it is.");
        }

        if (isUtf8 && type!.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase))
        {
            using MemoryStream body = new();
            await request.Body.CopyToAsync(body, cancellation);
            return Parse(body.ToArray());
        }

        // A page of another site can make a browser send a form; a program is not a browser.
        bool isBrowser = request.Headers.Origin.Count > 0 || request.Headers.ContainsKey("Sec-Fetch-Site");
        return type is not null && type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase) && !isBrowser
            ? Parse(await FormAsync(request, type, cancellation))
            : throw new ApiException(StatusCodes.Status415UnsupportedMediaType, "The body must be JSON: Content-Type: application/json.");
    }

    internal static VideoRequest Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, Type) ?? throw ApiException.Invalid(null, "The body is null; send an object such as {\"prompt\": \"a red ball\"}.");
        }
        catch (JsonException error)
        {
            throw Explain(error);
        }
        catch (InvalidOperationException)
        {
            throw ApiException.Invalid(null, "A text in the body is not valid UTF-8 or Unicode.");
        }
    }

    private static ApiException Explain(JsonException error)
    {
        string? field = error.Path is { Length: > 2 } path && path.StartsWith("$.", StringComparison.Ordinal) ? path[2..].Split('.', '[')[0] : null;
        if (error.Message.Contains("uplicate", StringComparison.Ordinal))
        {
            return ApiException.Invalid(field, "A field occurs twice in the body; each may be given once.");
        }

        if (field is null)
        {
            return ApiException.Invalid(null, error.Path == "$" && error.Message.Contains("could not be converted", StringComparison.Ordinal)
                ? "The body must be an object such as {\"prompt\": \"a red ball\"}."
                : error.Message.Contains("could not be mapped", StringComparison.Ordinal)
                    ? Unknown(null)
                    : $"The body is not valid JSON (line {error.LineNumber + 1}, byte {error.BytePositionInLine}), or nested too deeply.");
        }

        return Fields.TryGetValue(field, out JsonPropertyInfo? property)
            ? ApiException.Invalid(field, $"{field} must be {KindOf(property)}.")
            : ApiException.Invalid(ServerLog.Line(field), Unknown(field));
    }

    private static string Unknown(string? field)
        => $"There is no field {(field is null ? "of that name" : $"'{ServerLog.Line(field)}'")}; there are {string.Join(", ", Fields.Keys)}.";

    private static string KindOf(JsonPropertyInfo property) => Nullable.GetUnderlyingType(property.PropertyType) switch
    {
        { IsEnum: true } kind => "one of " + string.Join(", ", Enum.GetNames(kind).Select(JsonNamingPolicy.SnakeCaseLower.ConvertName)),
        { } kind when kind == typeof(bool) => "true or false",
        { } kind when kind == typeof(double) => "a number",
        { } => "a whole number",
        null => "text",
    };

    private static async Task<byte[]> FormAsync(HttpRequest request, MediaTypeHeaderValue type, CancellationToken cancellation)
    {
        string boundary = HeaderUtilities.RemoveQuotes(type.Boundary).ToString();
        if (boundary.Length is 0 or > 70)
        {
            throw ApiException.Invalid(null, "The form has no usable boundary.");
        }

        MultipartReader reader = new(boundary, request.Body) { HeadersCountLimit = 8, HeadersLengthLimit = 4096 };
        JsonObject fields = [];
        try
        {
            while (await reader.ReadNextSectionAsync(cancellation) is { } section)
            {
                (string name, JsonNode? value) = await FieldAsync(section, cancellation);
                if (fields.Count == MaxFields || !fields.TryAdd(name, value))
                {
                    throw ApiException.Invalid(ServerLog.Line(name), "The form has too many fields, or one twice.");
                }
            }
        }
        catch (InvalidDataException)
        {
            throw ApiException.Invalid(null, "The form is malformed.");
        }
        catch (IOException error) when (error is not BadHttpRequestException)
        {
            throw ApiException.Invalid(null, "The form ends too early.");
        }

        return Encoding.UTF8.GetBytes(fields.ToJsonString());
    }

    private static async Task<(string Name, JsonNode? Value)> FieldAsync(MultipartSection section, CancellationToken cancellation)
    {
        ContentDispositionHeaderValue? disposition =
            ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out ContentDispositionHeaderValue? parsed) ? parsed : null;
        string name = HeaderUtilities.RemoveQuotes(disposition?.Name ?? default).ToString();
        if (name.Length == 0 || disposition!.FileName.HasValue)
        {
            throw ApiException.Invalid("input_reference", "Files are not taken: there is no image-to-video model.");
        }

        string text = await section.ReadAsStringAsync(cancellation);
        bool isText = !Fields.TryGetValue(name, out JsonPropertyInfo? property) || property.PropertyType == typeof(string)
            || Nullable.GetUnderlyingType(property.PropertyType) is { IsEnum: true };
        try
        {
            return (name, isText ? JsonValue.Create(text) : JsonNode.Parse(text));
        }
        catch (JsonException)
        {
            throw ApiException.Invalid(name, $"{name} must be {KindOf(property!)}.");
        }
    }
}
