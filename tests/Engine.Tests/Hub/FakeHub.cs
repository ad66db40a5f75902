using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Hummingbird.Vulkan.Engine.Tests.Hub;

/// <param name="Method">GET.</param>
/// <param name="Path">With its query.</param>
internal sealed record FakeRequest(string Method, string Path, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>First byte asked for; 0 without a range.</summary>
    public long From => Headers.TryGetValue("Range", out string? range) ? long.Parse(range["bytes=".Length..^1]) : 0;
}

/// <param name="Cut">Bytes of the body after which the connection is closed; null sends all.</param>
internal sealed record FakeAnswer(int Status, byte[] Body, params (string Name, string Value)[] Headers)
{
    public int? Cut { get; init; }
}

/// <summary>An HTTP server on this machine that does to a client whatever a test wants done.</summary>
internal sealed class FakeServer : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly Func<FakeRequest, FakeAnswer> answer;
    private readonly ConcurrentQueue<FakeRequest> requests = new();

    public FakeServer(Func<FakeRequest, FakeAnswer> answer)
    {
        this.answer = answer;
        listener.Start();
        _ = Task.Run(Serve);
    }

    public string Address => $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";

    public IReadOnlyList<FakeRequest> Requests => [.. requests];

    public void Dispose() => listener.Dispose();

    private async Task Serve()
    {
        try
        {
            while (true)
            {
                TcpClient client = await listener.AcceptTcpClientAsync();
                _ = Task.Run(() => Serve(client));
            }
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            // The test is over.
        }
    }

    private async Task Serve(TcpClient client)
    {
        using TcpClient held = client;
        using NetworkStream stream = client.GetStream();
        using StreamReader reader = new(stream, Encoding.ASCII);
        if (await reader.ReadLineAsync() is not { } first)
            return;
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await reader.ReadLineAsync() is { Length: > 0 } line)
            headers[line[..line.IndexOf(':')]] = line[(line.IndexOf(':') + 1)..].Trim();
        string[] parts = first.Split(' ');
        var request = new FakeRequest(parts[0], parts[1], headers);
        requests.Enqueue(request);
        FakeAnswer reply = answer(request);
        string head = $"HTTP/1.1 {reply.Status} X\r\nContent-Length: {reply.Body.Length}\r\nConnection: close\r\n{string.Concat(reply.Headers.Select(h => $"{h.Name}: {h.Value}\r\n"))}\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head));
        await stream.WriteAsync(reply.Body.AsMemory(0, reply.Cut ?? reply.Body.Length));
    }
}

/// <summary>A Hub with one repository: its listing, its small files, and large ones on another host, as the Hub keeps them.</summary>
internal sealed class FakeHub : IDisposable
{
    public const string Commit = "0123456789abcdef0123456789abcdef01234567";

    private readonly Dictionary<string, (byte[] Bytes, bool IsLarge)> files = new(StringComparer.Ordinal);
    private readonly FakeServer hub, storage;
    private readonly ConcurrentDictionary<string, int> times = new(StringComparer.Ordinal);

    public FakeHub()
    {
        storage = new FakeServer(FromStorage);
        hub = new FakeServer(FromHub);
    }

    /// <summary>Answers instead of the Hub (host "hub") or its storage (host "storage"); the number says how often that was asked before.</summary>
    public Func<string, FakeRequest, int, FakeAnswer?> Instead { get; set; } = static (_, _, _) => null;

    /// <summary>The answer about the repository; null: what its files say.</summary>
    public string? Listing { get; set; }

    public string Address => hub.Address;

    public IReadOnlyList<FakeRequest> HubRequests => hub.Requests;

    public IReadOnlyList<FakeRequest> StorageRequests => storage.Requests;

    public void Add(string path, byte[] bytes, bool isLarge = true) => files[path] = (bytes, isLarge);

    public static string Sha256Of(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

#pragma warning disable CA5350 // Git's hash.
    public static string GitHashOf(byte[] bytes) => Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {bytes.Length}\0"), .. bytes]));
#pragma warning restore CA5350

    public static FakeAnswer Text(int status, string text, params (string Name, string Value)[] headers) => new(status, Encoding.UTF8.GetBytes(text), headers);

    /// <summary>The whole, or the part asked for.</summary>
    public static FakeAnswer Ranged(FakeRequest request, byte[] bytes) => request.From switch
    {
        0 => new FakeAnswer(200, bytes),
        long from when from >= bytes.Length => new FakeAnswer(416, []),
        long from => new FakeAnswer(206, bytes[(int)from..], ("Content-Range", $"bytes {from}-{bytes.Length - 1}/{bytes.Length}")),
    };

    public void Dispose()
    {
        hub.Dispose();
        storage.Dispose();
    }

    private FakeAnswer FromHub(FakeRequest request)
    {
        int before = times.AddOrUpdate($"hub {request.Path}", 0, static (_, n) => n + 1);
        if (Instead("hub", request, before) is { } other)
            return other;
        if (request.Path.StartsWith("/api/models/owner/repo/revision/main?", StringComparison.Ordinal))
            return Text(200, Listing ?? DefaultListing());
        string root = $"/owner/repo/resolve/{Commit}/";
        string path = request.Path.StartsWith(root, StringComparison.Ordinal) ? Uri.UnescapeDataString(request.Path[root.Length..]) : "";
        if (!files.TryGetValue(path, out (byte[] Bytes, bool IsLarge) file))
            return Text(404, "no", ("X-Error-Code", "EntryNotFound"));
        return file.IsLarge ? new FakeAnswer(302, [], ("Location", $"{storage.Address}/{Sha256Of(file.Bytes)}?signature=x")) : Ranged(request, file.Bytes);
    }

    private FakeAnswer FromStorage(FakeRequest request)
    {
        int before = times.AddOrUpdate($"storage {request.Path}", 0, static (_, n) => n + 1);
        string hash = request.Path[1..].Split('?')[0];
        return Instead("storage", request, before) ?? Ranged(request, files.Values.Single(f => Sha256Of(f.Bytes) == hash).Bytes);
    }

    private string DefaultListing() => JsonSerializer.Serialize(new
    {
        id = "owner/repo", sha = Commit,
        siblings = files.Select(f => f.Value.IsLarge
            ? (object)new { rfilename = f.Key, size = f.Value.Bytes.Length, blobId = new string('a', 40), lfs = new { sha256 = Sha256Of(f.Value.Bytes), size = f.Value.Bytes.Length, pointerSize = 130 } }
            : new { rfilename = f.Key, size = f.Value.Bytes.Length, blobId = GitHashOf(f.Value.Bytes) }),
    });
}
