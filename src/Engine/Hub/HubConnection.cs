using System.Net;
using System.Net.Http.Headers;

namespace Hummingbird.Vulkan.Engine.Hub;

/// <summary>Requests to the Hub: redirects followed by hand, so that the token never leaves for another host; errors in words.</summary>
internal sealed class HubConnection : IDisposable
{
    private const int MostRedirects = 8, LongestAnswer = 32 << 20;

    private readonly HubSettings settings;
    private readonly HttpClient client;

    public HubConnection(HubSettings settings)
    {
        this.settings = settings;
        // The body's length is what is checked: nothing on the way may pack it. A stalled body is the reader's to notice.
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, AutomaticDecompression = DecompressionMethods.None, ConnectTimeout = TimeSpan.FromSeconds(20), UseCookies = false };
        client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.UserAgent.ParseAdd($"hummingbird-vulkan/{typeof(HubConnection).Assembly.GetName().Version!.ToString(3)}");
    }

    /// <summary>What a revision of a repository holds.</summary>
    /// <exception cref="HubException">Refused or unknown.</exception>
    /// <exception cref="HubBusyException">To be tried again.</exception>
    public HubListing List(RepositoryName repository, string revision, CancellationToken cancellation)
    {
        var address = new Uri(settings.Endpoint, $"api/models/{repository}/revision/{Uri.EscapeDataString(revision)}?blobs=true");
        using HttpResponseMessage response = Send(address, from: 0, repository, cancellation);
        using Stream body = response.Content.ReadAsStream(cancellation);
        using var text = new MemoryStream();
        byte[] buffer = new byte[1 << 16];
        for (int read; (read = Read(body, buffer, cancellation)) > 0;)
        {
            text.Write(buffer, 0, read);
            if (text.Length > LongestAnswer)
                throw new HubException($"{repository}: the Hub's answer is longer than {LongestAnswer} bytes.");
        }

        return HubListing.Parse(text.ToArray(), repository.ToString());
    }

    /// <summary>Asks for a file's bytes from one on. The answer may be the whole file all the same (200 instead of 206).</summary>
    public HttpResponseMessage Open(RepositoryName repository, string commit, string path, long from, CancellationToken cancellation) =>
        Send(new Uri(settings.Endpoint, $"{repository}/resolve/{commit}/{string.Join('/', path.Split('/').Select(Uri.EscapeDataString))}"), from, repository, cancellation, path);

    /// <summary>Reads a piece of a body; a connection that is cut, or sends nothing for half a minute, is a <see cref="HubBusyException"/>.</summary>
    public static int Read(Stream body, byte[] buffer, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        try
        {
            return body.ReadAsync(buffer, patience.Token).AsTask().GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is IOException or HttpRequestException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw new HubBusyException($"the connection was cut ({e.Message})", e);
        }
    }

    public void Dispose() => client.Dispose();

    private HttpResponseMessage Send(Uri address, long from, RepositoryName repository, CancellationToken cancellation, string? path = null)
    {
        Uri at = address;
        for (int redirect = 0; redirect <= MostRedirects; redirect++)
        {
            HttpResponseMessage response = SendOnce(at, from, cancellation);
            if (response.StatusCode is HttpStatusCode.OK or HttpStatusCode.PartialContent || (from > 0 && response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable))
                return response;
            using (response)
            {
                bool isRedirect = (int)response.StatusCode is 301 or 302 or 303 or 307 or 308 && response.Headers.Location is not null;
                if (!isRedirect)
                    throw HubRefusal.Of(response, repository, path, settings);
                Uri next = new(at, response.Headers.Location!);
                if (next.Scheme is not ("http" or "https") || (at.Scheme == "https" && next.Scheme == "http"))
                    throw new HubException($"{repository}: the Hub leads from {at.Host} to {next.Scheme}://{next.Host}, which is not followed.");
                at = next;
            }
        }

        throw new HubException($"{repository}: more than {MostRedirects} redirects, the last to {at.Host}.");
    }

    private HttpResponseMessage SendOnce(Uri address, long from, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        // The content's own bytes: offsets and hashes are those of the file.
        request.Headers.AcceptEncoding.ParseAdd("identity");
        if (from > 0)
            request.Headers.Range = new RangeHeaderValue(from, null);
        bool isHub = Uri.Compare(address, settings.Endpoint, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) == 0;
        if (isHub && settings.Token is not null)
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {settings.Token}");
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        try
        {
            return client.Send(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw new HubBusyException($"{address.Host} does not answer ({e.Message})", e);
        }
    }
}

/// <summary>Something that may pass: worth another try.</summary>
internal sealed class HubBusyException(string message, Exception? inner = null, TimeSpan? after = null) : Exception(message, inner)
{
    /// <summary>How long the server wants to be left alone; null when it does not say.</summary>
    public TimeSpan? After { get; } = after;
}

/// <summary>What an answer of the Hub other than success means, and what to do about it.</summary>
internal static class HubRefusal
{
    public static Exception Of(HttpResponseMessage response, RepositoryName repository, string? path, HubSettings settings)
    {
        int status = (int)response.StatusCode;
        string code = response.Headers.TryGetValues("X-Error-Code", out IEnumerable<string>? codes) ? codes.First() : "";
        if (status is 408 or 429 or >= 500)
            return new HubBusyException($"the Hub answers {status}{(status == 429 ? " (too many requests)" : "")}", after: After(response));
        string token = settings.Token is null ? "set HF_TOKEN to a token of an account that may read it" : "the token in use may not read it";
        return new HubException(repository + ": " + (status, code) switch
        {
            (403, _) or (_, "GatedRepo") => $"is gated ({status}): accept its terms on {new Uri(settings.Endpoint, repository.ToString())}, then {token}.",
            (401, _) => $"does not exist, or is private (401): check the name; if it is private, {token}.",
            (404, "EntryNotFound") => $"holds no file '{path}' (404).",
            (404, "RevisionNotFound") => "has no such revision (404): see --revision.",
            (404, _) => $"does not exist at {settings.Endpoint} (404): check the name{(path is null ? "" : $" and the file '{path}'")}.",
            _ => $"the Hub answers {status}, which is not understood.",
        });
    }

    private static TimeSpan? After(HttpResponseMessage response)
    {
        RetryConditionHeaderValue? wait = response.Headers.RetryAfter;
        TimeSpan? after = wait?.Delta ?? wait?.Date - DateTimeOffset.UtcNow;
        return after > TimeSpan.Zero ? after : null;
    }
}
