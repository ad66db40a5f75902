using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Hummingbird.Vulkan.Server.Api;

namespace Hummingbird.Vulkan.Server;

/// <summary>Stands before everything: who may ask, what every answer carries, and how errors look.</summary>
/// <remarks>A page of another site can make a browser call this machine. It cannot forge Host, Origin or Sec-Fetch-Site, so a request counts
/// only when the host is this server under one of its own names and the page it comes from, if any, is our own.</remarks>
internal sealed class RequestGuard(ServerOptions options, ServerLog log)
{
    private const string TokenCookie = "hummingbird_token";

    private readonly byte[]? token = options.Token is null ? null : SHA256.HashData(Encoding.UTF8.GetBytes(options.Token));

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        AddHeaders(context.Response.Headers);
        try
        {
            CheckHost(context);
            CheckOrigin(context.Request);
            if (!CheckToken(context))
            {
                return;
            }

            await next(context);
            await DescribeAsync(context.Response);
        }
        catch (ApiException error)
        {
            await FailAsync(context.Response, error);
        }
        catch (BadHttpRequestException error)
        {
            await FailAsync(context.Response, new(error.StatusCode, error.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? $"The body is larger than {VideoServer.MaxBodyBytes} bytes."
                : "The request is malformed, or came too slowly."));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has gone.
        }
#pragma warning disable CA1031 // The last place to answer for anything.
        catch (Exception error)
#pragma warning restore CA1031
        {
            log.Say($"{context.Request.Method} {context.Request.Path}: {error.GetType().Name}: {PublicText.Of(error.Message)}");
            await FailAsync(context.Response, error is IOException
                ? new(StatusCodes.Status507InsufficientStorage, PublicText.Of(error))
                : new(StatusCodes.Status500InternalServerError, $"An internal error ({error.GetType().Name})."));
        }
    }

    private static void AddHeaders(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; "
            + "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()";
        headers.CacheControl = "no-store";
    }

    private static void CheckHost(HttpContext context)
    {
        HostString host = context.Request.Host;
        ConnectionInfo connection = context.Connection;
        IPAddress local = connection.LocalIpAddress is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4() : connection.LocalIpAddress ?? IPAddress.None;
        bool isLoopbackName = host.Host is "localhost" or "127.0.0.1" or "[::1]" && IPAddress.IsLoopback(local);

        // A name could be made to point here by anybody; the address itself could not.
        bool isAddress = host.Host.Trim('[', ']') == local.ToString();
        if ((host.Port ?? 80) != connection.LocalPort || !(isLoopbackName || isAddress))
        {
            throw new ApiException(StatusCodes.Status403Forbidden, "This server does not answer to that host name.") { Code = "forbidden_host" };
        }
    }

    private static void CheckOrigin(HttpRequest request)
    {
        string site = request.Headers["Sec-Fetch-Site"].ToString();
        bool isFromElsewhere = site is not ("" or "same-origin" or "none");
        bool isForeign = request.Headers.Origin.Count > 0 && request.Headers.Origin.ToString() != $"http://{request.Host}";
        if (isFromElsewhere || isForeign)
        {
            throw new ApiException(StatusCodes.Status403Forbidden, "Pages of other sites may not use this server.") { Code = "forbidden_origin" };
        }
    }

    /// <returns>False when the answer is written already: the token came in the address and is a cookie now.</returns>
    private bool CheckToken(HttpContext context)
    {
        HttpRequest request = context.Request;
        if (token is null || request.Path == "/healthz")
        {
            return true;
        }

        if (request.Path == "/" && IsToken(request.Query["token"]))
        {
            context.Response.Cookies.Append(TokenCookie, request.Query["token"].ToString(), new() { HttpOnly = true, SameSite = SameSiteMode.Strict, Path = "/" });
            context.Response.Redirect("/");
            return false;
        }

        string header = request.Headers.Authorization.ToString();
        bool isShown = header.StartsWith("Bearer ", StringComparison.Ordinal) ? IsToken(header["Bearer ".Length..]) : IsToken(request.Cookies[TokenCookie]);
        return isShown ? true : throw new ApiException(StatusCodes.Status401Unauthorized, "This server asks for its token: Authorization: Bearer TOKEN, or open /?token=TOKEN once.") { Code = "invalid_api_key" };
    }

    /// <summary>Compared by hash, in a time that tells nothing.</summary>
    private bool IsToken(string? shown) => shown is not null && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(shown)), token);

    /// <summary>Gives a bare status of the framework the shape of our errors.</summary>
    private static Task DescribeAsync(HttpResponse response) => response is { HasStarted: false, StatusCode: >= 400, ContentType: null }
        ? FailAsync(response, new(response.StatusCode, response.StatusCode switch
        {
            StatusCodes.Status404NotFound => "There is nothing at this address.",
            StatusCodes.Status405MethodNotAllowed => "This address does not take that method.",
            StatusCodes.Status416RangeNotSatisfiable => "The file has no such range.",
            _ => "The request cannot be answered.",
        }))
        : Task.CompletedTask;

    private static async Task FailAsync(HttpResponse response, ApiException error)
    {
        if (response.HasStarted)
        {
            response.HttpContext.Abort();
            return;
        }

        response.StatusCode = error.Status;
        response.ContentType = "application/json; charset=utf-8";
        if (error.RetryAfterSeconds is int seconds)
        {
            response.Headers.RetryAfter = $"{seconds}";
        }

        string type = error.Status switch
        {
            StatusCodes.Status401Unauthorized => "authentication_error",
            StatusCodes.Status429TooManyRequests => "rate_limit_error",
            >= 500 => "server_error",
            _ => "invalid_request_error",
        };
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(new ErrorBody(new(error.Message, type, error.Parameter, error.Code)), ApiJson.Default.ErrorBody);
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(response.HttpContext.Request.Method))
        {
            await response.Body.WriteAsync(body, response.HttpContext.RequestAborted);
        }
    }
}
