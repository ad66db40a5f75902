using System.Text;

namespace Hummingbird.Vulkan.Server.Tests;

/// <summary>A request that must be answered with one of a few statuses.</summary>
/// <param name="Goal">What it is about: G30 to G38.</param>
/// <param name="Head">Request line and headers, with {port} to fill in; Content-Length is added to what has a body.</param>
internal sealed record AbuseCase(string Goal, string Name, string Head, byte[]? Body, params int[] Statuses);

/// <summary>Requests no honest client sends, each with the status it must get.</summary>
internal static class AbuseCases
{
    private const string Get = "GET /healthz HTTP/1.1";
    private const string Host = "Host: 127.0.0.1:{port}";
    private const string JsonType = "Content-Type: application/json";

    public static IReadOnlyList<AbuseCase> All { get; } = [.. Hosts(), .. Origins(), .. Types(), .. Sizes(), .. Json(), .. Numbers(), .. Names(), .. Methods()];

    private static IEnumerable<AbuseCase> Hosts()
    {
        (string Host, int Status)[] hosts =
        [
            ("localhost:{port}", 200), ("127.0.0.1:{port}", 200), ("[::1]:{port}", 200), ("evil.example", 403), ("evil.example:{port}", 403),
            ("localhost.evil.example:{port}", 403), ("127.0.0.1.evil.example:{port}", 403), ("127.0.0.1", 403), ("localhost:1", 403), ("0.0.0.0:{port}", 403),
            ("127.0.0.2:{port}", 403), ("LOCALHOST.:{port}", 403), ("127.1:{port}", 403), ("2130706433:{port}", 403), ("[::ffff:127.0.0.1]:{port}", 403), ("localhost:{port}:{port}", 400), ("a b", 400),
        ];
        foreach ((string host, int status) in hosts)
        {
            yield return new("G31", $"host {host}", $"{Get}\r\nHost: {host}", null, status);
        }

        yield return new("G31", "no host", Get, null, 400);
        yield return new("G31", "two hosts", $"{Get}\r\n{Host}\r\nHost: evil.example", null, 400);
        yield return new("G31", "HTTP/1.0 without host", "GET /healthz HTTP/1.0", null, 403);
        yield return new("G31", "absolute address of another host", $"GET http://evil.example/healthz HTTP/1.1\r\n{Host}", null, 400, 403);
    }

    private static IEnumerable<AbuseCase> Origins()
    {
        (string Header, int Status)[] headers =
        [
            ("Origin: null", 403), ("Origin: http://evil.example", 403), ("Origin: https://127.0.0.1:{port}", 403), ("Origin: http://127.0.0.1", 403),
            ("Origin: http://localhost:{port}", 403), ("Origin: http://127.0.0.1:{port}", 400), ("Origin: http://127.0.0.1:{port}.evil.example", 403), ("Origin: file://", 403), ("Origin: ", 403),
            ("Sec-Fetch-Site: cross-site", 403), ("Sec-Fetch-Site: same-site", 403), ("Sec-Fetch-Site: same-origin", 400), ("Sec-Fetch-Site: none", 400), ("Sec-Fetch-Site: anything", 403),
        ];
        foreach ((string header, int status) in headers)
        {
            // An empty object is refused with 400 once the request is let in.
            yield return Post("G31", header, "{}", status, header);
        }

        foreach (string path in (string[])["/v1/videos", "/v1/videos/video_aaaaaaaaaaaaaaaaaaaaaaaaaa/events", "/v1/device", "/"])
        {
            yield return new("G31", $"GET {path} of another site", $"GET {path} HTTP/1.1\r\n{Host}\r\nOrigin: http://evil.example", null, 403);
        }

        yield return new("G31", "delete of another site", $"DELETE /v1/videos/video_aaaaaaaaaaaaaaaaaaaaaaaaaa HTTP/1.1\r\n{Host}\r\nOrigin: null", null, 403);
        yield return new("G31", "preflight", $"OPTIONS /v1/videos HTTP/1.1\r\n{Host}\r\nOrigin: http://evil.example\r\nAccess-Control-Request-Method: POST", null, 403);
        yield return new("G31", "preflight without origin", $"OPTIONS /v1/videos HTTP/1.1\r\n{Host}\r\nAccess-Control-Request-Method: POST", null, 405);
        yield return new("G31", "websocket of another site", $"{Get}\r\n{Host}\r\nOrigin: http://evil.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", null, 403);
    }

    private static IEnumerable<AbuseCase> Types()
    {
        foreach (string type in (string[])["text/plain", "application/x-www-form-urlencoded", "text/json", "application/jsonx", "application/json; charset=utf-16", "application/json; charset=latin1", "nonsense"])
        {
            yield return new("G31", $"type {type}", $"POST /v1/videos HTTP/1.1\r\n{Host}\r\nContent-Type: {type}", "{}"u8.ToArray(), 415);
        }

        yield return new("G31", "no type", $"POST /v1/videos HTTP/1.1\r\n{Host}", "{}"u8.ToArray(), 415);
        yield return new("G31", "form of a browser", $"POST /v1/videos HTTP/1.1\r\n{Host}\r\nOrigin: http://127.0.0.1:{{port}}\r\nContent-Type: multipart/form-data; boundary=x", Form("prompt", "a"), 415);
        yield return new("G31", "form with a file", $"POST /v1/videos HTTP/1.1\r\n{Host}\r\nContent-Type: multipart/form-data; boundary=x", Form("input_reference\"; filename=\"a.png", "a"), 400);
        yield return new("G31", "form without boundary", $"POST /v1/videos HTTP/1.1\r\n{Host}\r\nContent-Type: multipart/form-data", Form("prompt", "a"), 400);
        yield return new("G31", "form cut short", $"POST /v1/videos HTTP/1.1\r\n{Host}\r\nContent-Type: multipart/form-data; boundary=x", "--x\r\nContent-Dis"u8.ToArray(), 400);
        yield return new("G31", "form with an unknown field", $"POST /v1/videos HTTP/1.1\r\n{Host}\r\nContent-Type: multipart/form-data; boundary=x", Form("callback_url", "http://evil.example"), 400);
        foreach (string encoding in (string[])["gzip", "br", "deflate", "identity, gzip"])
        {
            yield return Post("G32", $"encoding {encoding}", "{}", 415, $"Content-Encoding: {encoding}");
        }
    }

    private static IEnumerable<AbuseCase> Sizes()
    {
        yield return new("G32", "body over 64 KiB", $"POST /v1/videos HTTP/1.1\r\n{Host}\r\n{JsonType}", [.. Enumerable.Repeat((byte)' ', (64 << 10) + 1)], 413);
        yield return new("G32", "body said to be huge", $"POST /v1/videos HTTP/1.1\r\n{Host}\r\n{JsonType}\r\nContent-Length: 99999999999", null, 413);
        yield return new("G32", "negative length", $"POST /v1/videos HTTP/1.1\r\n{Host}\r\n{JsonType}\r\nContent-Length: -1", null, 400);
        yield return new("G32", "two lengths", $"POST /v1/videos HTTP/1.1\r\n{Host}\r\n{JsonType}\r\nContent-Length: 2\r\nContent-Length: 3", null, 400);
        yield return new("G32", "length and chunks", $"POST /v1/videos HTTP/1.1\r\n{Host}\r\n{JsonType}\r\nContent-Length: 2\r\nTransfer-Encoding: chunked", "0\r\n\r\n"u8.ToArray(), 400);
        yield return new("G32", "bad chunk", $"POST /v1/videos HTTP/1.1\r\n{Host}\r\n{JsonType}\r\nTransfer-Encoding: chunked", "zz\r\n{}\r\n"u8.ToArray(), 400);
        yield return new("G32", "chunks over 64 KiB", $"POST /v1/videos HTTP/1.1\r\n{Host}\r\n{JsonType}\r\nTransfer-Encoding: chunked", Encoding.ASCII.GetBytes($"11000\r\n{new string(' ', 0x11000)}\r\n0\r\n\r\n"), 413);
        yield return new("G32", "headers over 16 KiB", $"{Get}\r\n{Host}\r\nX: {new string('a', 17 << 10)}", null, 431);
        yield return new("G32", "too many headers", $"{Get}\r\n{Host}\r\n{string.Join("\r\n", Enumerable.Range(0, 100).Select(i => $"X{i}: a"))}", null, 431);
        yield return new("G32", "line over 8 KiB", $"GET /{new string('a', 9000)} HTTP/1.1\r\n{Host}", null, 414);
        yield return new("G32", "not HTTP", "\u0016\u0003\u0001 nonsense", null, 400);
        yield return new("G32", "HTTP/2 preface", "PRI * HTTP/2.0", null, 0, 400, 505);
        yield return new("G32", "header with a line break", $"{Get}\r\n{Host}\r\nX: a\n b", null, 400, 200);
        yield return new("G32", "header with NUL", $"{Get}\r\n{Host}\r\nX: a\0b", null, 400);
    }

    private static IEnumerable<AbuseCase> Json()
    {
        string[] bodies =
        [
            "", " ", "null", "[]", "1", "\"a\"", "{", "{}", "{\"prompt\"}", "{\"prompt\":}", "{\"prompt\":\"a\"", "{\"prompt\":\"a\",}", "{\"prompt\":\"a\"}x", "{\"prompt\":\"a\"}{}",
            "{/*c*/\"prompt\":\"a\"}", "{'prompt':'a'}", "{\"prompt\":\"a\",\"prompt\":\"b\"}", "{\"prompt\":\"a\",\"\\u0070rompt\":\"b\"}", "{\"prompt\":\"a\",\"nonsense\":1}",
            "{\"prompt\":\"a\",\"Prompt\":\"b\"}", "{\"prompt\":\"a\",\"__proto__\":{}}", "{\"prompt\":\"a\",\"url\":\"http://evil.example\"}", "{\"prompt\":\"a\",\"output\":\"/etc/passwd\"}",
            "{\"prompt\":\"\\ud800\"}", "{\"prompt\":\"a\\u0000b\"}", "{\"prompt\":\"\\u001b[31m\"}", "{\"prompt\":\"a\nb\"}", "{\"prompt\":NaN}", "{\"prompt\":\"a\",\"seed\":NaN}",
            "{\"prompt\":[\"a\"]}", "{\"prompt\":{\"a\":1}}", "{\"prompt\":1}", "{\"prompt\":null}", "{\"prompt\":\"\"}", "{\"prompt\":\" \\n\"}",
            $"{{\"prompt\":\"{new string('a', 4001)}\"}}", $"{new string('[', 2000)}", $"{{\"prompt\":{new string('[', 9)}1{new string(']', 9)}}}", $"{{\"a\":{string.Concat(Enumerable.Repeat("{\"a\":", 9))}1{new string('}', 10)}",
        ];
        foreach (string body in bodies)
        {
            yield return Post("G32", $"body {body[..Math.Min(40, body.Length)]}", body, 400);
        }

        yield return new("G32", "body that is not UTF-8", $"POST /v1/videos HTTP/1.1\r\n{Host}\r\n{JsonType}", [.. "{\"prompt\":\""u8, 0xC3, 0x28, 0xFF, .. "\"}"u8], 400);
        yield return new("G32", "body of UTF-16", $"POST /v1/videos HTTP/1.1\r\n{Host}\r\n{JsonType}", Encoding.Unicode.GetBytes("{\"prompt\":\"a\"}"), 400);
    }

    private static IEnumerable<AbuseCase> Numbers()
    {
        string[] fields =
        [
            "\"width\":0", "\"width\":-64", "\"width\":65", "\"width\":4112", "\"width\":99999999999", "\"width\":64.5", "\"width\":\"64\"", "\"width\":true", "\"width\":[64]", "\"width\":6e400",
            "\"height\":0", "\"height\":1", "\"height\":-2147483648", "\"num_frames\":0", "\"num_frames\":-1", "\"num_frames\":1025", "\"num_frames\":1e3000", "\"fps\":0", "\"fps\":241", "\"fps\":-8",
            "\"num_inference_steps\":0", "\"num_inference_steps\":1001", "\"num_inference_steps\":-4", "\"guidance_scale\":-1", "\"guidance_scale\":101", "\"guidance_scale\":1e999", "\"guidance_scale\":\"NaN\"",
            "\"seed\":-2", "\"seed\":9007199254740992", "\"seed\":1.5", "\"seed\":\"x\"", "\"seed\":99999999999999999999", "\"seconds\":0", "\"seconds\":-1", "\"seconds\":1e12", "\"seconds\":\"abc\"", "\"seconds\":\"Infinity\"",
            "\"size\":\"64\"", "\"size\":\"64x\"", "\"size\":\"64x64x64\"", "\"size\":\"-64x64\"", "\"size\":\"64 x 64\"", "\"size\":\"99999999999x64\"", "\"size\":\"0x0\"", "\"size\":64", "\"size\":\"64x64\",\"width\":128",
            "\"seconds\":1,\"num_frames\":3", "\"width\":4096,\"height\":4096,\"num_frames\":1024", "\"width\":1024,\"height\":1024,\"num_frames\":64,\"num_inference_steps\":1000", "\"width\":2048,\"height\":2048,\"num_frames\":16,\"num_inference_steps\":999",
        ];
        return fields.Select(field => Post("G33", field, $"{{\"prompt\":\"a\",{field}}}", 400));
    }

    private static IEnumerable<AbuseCase> Names()
    {
        string[] fields =
        [
            "\"model\":\"\"", "\"model\":\"none\"", "\"model\":\"../nano\"", "\"model\":\"/etc\"", "\"model\":\"nano/../nano\"", "\"model\":\"NANO\"", "\"model\":\"nano\\u0000\"", "\"model\":\"config:hummingbird-0.7b\"",
            "\"model\":\"http://evil.example/m\"", "\"model\":\"\\\\\\\\evil\\\\share\"", "\"model\":1", "\"scheduler\":\"euler\"", "\"scheduler\":\"\"", "\"output_format\":\"exe\"", "\"output_format\":\"svg\"",
            "\"output_format\":\"../mp4\"", "\"output_format\":0", "\"output_format\":\"mp4,gif\"", "\"embed_metadata\":\"yes\"", "\"negative_prompt\":\"blurry\"", "\"input_reference\":\"http://evil.example\"",
        ];
        foreach (string field in fields)
        {
            yield return Post("G35", field, $"{{\"prompt\":\"a\",{field}}}", 400);
        }

        string[] ids =
        [
            "video_aaaaaaaaaaaaaaaaaaaaaaaaaa", "video_AAAAAAAAAAAAAAAAAAAAAAAAAA", "x", "..", "%2e%2e", "..%2f..%2fetc%2fpasswd", "..%5c..%5cwindows", "lock", "video_aaaaaaaaaaaaaaaaaaaaaaaaaa.json", "%00", "video_%0aaaaaaaaaaaaaaaaaaaaaaaaa", new('a', 4000),
        ];
        foreach (string id in ids)
        {
            yield return new("G35", $"id {id[..Math.Min(40, id.Length)]}", $"GET /v1/videos/{id} HTTP/1.1\r\n{Host}", null, 404, 400);
            yield return new("G35", $"file of {id[..Math.Min(40, id.Length)]}", $"GET /v1/videos/{id}/content HTTP/1.1\r\n{Host}", null, 404, 400);
        }

        foreach (string path in (string[])["/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/page/index.html", "/app.js/..%2f..%2fetc/passwd", "/.git/config", "/appsettings.json", "//etc/passwd", "/app.js%00.html"])
        {
            yield return new("G35", $"path {path}", $"GET {path} HTTP/1.1\r\n{Host}", null, 404, 400);
        }
    }

    private static IEnumerable<AbuseCase> Methods()
    {
        foreach (string line in (string[])["PUT /v1/videos", "PATCH /v1/videos", "TRACE /", "CONNECT 127.0.0.1:1", "POST /healthz", "DELETE /v1/models", "POST /v1/videos/video_aaaaaaaaaaaaaaaaaaaaaaaaaa/content"])
        {
            yield return new("G35", line, $"{line} HTTP/1.1\r\n{Host}", [], 400, 405);
        }

        foreach (string query in (string[])["limit=0", "limit=101", "limit=x", "order=up", "after=nothing", "limit=-1"])
        {
            yield return new("G33", query, $"GET /v1/videos?{query} HTTP/1.1\r\n{Host}", null, 400, 404);
        }

        yield return Post("G33", "wait=maybe", "{\"prompt\":\"a\"}", 400) with { Head = $"POST /v1/videos/generations?wait=maybe HTTP/1.1\r\n{Host}\r\n{JsonType}" };
        yield return Post("G33", "response_format", "{\"prompt\":\"a\",\"response_format\":\"html\"}", 400) with { Head = $"POST /v1/videos/generations?wait=true HTTP/1.1\r\n{Host}\r\n{JsonType}" };
    }

    private static AbuseCase Post(string goal, string name, string body, int status, string? header = null)
        => new(goal, name, $"POST /v1/videos HTTP/1.1\r\n{Host}\r\n{JsonType}{(header is null ? "" : $"\r\n{header}")}", Encoding.UTF8.GetBytes(body), status);

    private static byte[] Form(string name, string value)
        => Encoding.UTF8.GetBytes($"--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n--x--\r\n");
}
