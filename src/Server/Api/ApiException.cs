namespace Hummingbird.Vulkan.Server.Api;

/// <summary>An answer that is an error, in OpenAI's shape.</summary>
/// <param name="status">HTTP status.</param>
/// <param name="message">For people: what was wrong, and what would be right.</param>
internal sealed class ApiException(int status, string message) : Exception(message)
{
    public int Status => status;

    /// <summary>The field at fault.</summary>
    public string? Parameter { get; init; }

    /// <summary>For programs.</summary>
    public string? Code { get; init; }

    /// <summary>When to try again.</summary>
    public int? RetryAfterSeconds { get; init; }

    public static ApiException Invalid(string? parameter, string message) => new(StatusCodes.Status400BadRequest, message) { Parameter = parameter, Code = "invalid_value" };

    public static ApiException NotFound(string what) => new(StatusCodes.Status404NotFound, what) { Code = "not_found" };
}
