using System.Text.Json.Nodes;
using Xunit;

namespace Hummingbird.Vulkan.Server.Tests;

/// <summary>Servers that are killed, ended, and started again on the same data.</summary>
public sealed class RestartTests
{
    [Fact]
    public async Task After_a_kill_finished_videos_are_there_what_waited_waits_and_what_was_half_done_has_failed()
    {
        await using ServerProcess server = new();
        await server.StartAsync();
        HttpClient client = server.Client;
        string finished = await client.QueueAsync(Api.Small);
        await client.UntilAsync(finished, "completed");
        byte[] bytes = await client.GetByteArrayAsync(new Uri($"/v1/videos/{finished}/content", UriKind.Relative), TestContext.Current.CancellationToken);
        string half = await client.QueueAsync(Api.Long), waiting = await client.QueueAsync(Api.Small);
        await client.UntilAsync(half, "in_progress");
        await Task.Delay(300, TestContext.Current.CancellationToken);
        server.Kill();
        await File.WriteAllTextAsync(Path.Combine(server.Data, "video_zzzzzzzzzzzzzzzzzzzzzzzzzz.json"), "{ damaged", TestContext.Current.CancellationToken);

        await server.StartAsync();
        JsonNode failed = await client.JsonAsync($"/v1/videos/{half}");
        Assert.Equal(("failed", "interrupted"), (failed.Text("status"), failed["error"]!.Text("code")));
        Assert.Equal("completed", (await client.UntilAsync(waiting, "completed", "failed")).Text("status"));
        Assert.Equal("completed", (await client.JsonAsync($"/v1/videos/{finished}")).Text("status"));
        Assert.Equal(bytes, await client.GetByteArrayAsync(new Uri($"/v1/videos/{finished}/content", UriKind.Relative), TestContext.Current.CancellationToken));
        Assert.Equal(3, (await client.JsonAsync("/v1/videos"))["data"]!.AsArray().Count);
        await Api.EventuallyAsync(
            () => Task.FromResult(!Directory.EnumerateFiles(server.Data).Any(f => f.Contains("partial", StringComparison.Ordinal) || f.EndsWith(".tmp", StringComparison.Ordinal))), "no half-written file");
    }

    [Fact]
    public async Task Ended_by_a_signal_it_stops_within_seconds_and_a_second_server_is_kept_off_its_data()
    {
        await using ServerProcess server = new(["--keep", "2", "--queue", "3"]);
        await server.StartAsync();
        string[] ids = [await server.Client.QueueAsync(Api.Small), await server.Client.QueueAsync(Api.Small), await server.Client.QueueAsync(Api.Small)];
        await server.Client.UntilAsync(ids[2], "completed");
        await Api.EventuallyAsync(() => Task.FromResult(Directory.GetFiles(server.Data, "*.mp4").Length == 2), "two videos are kept");
        await server.Client.JsonAsync($"/v1/videos/{ids[0]}", System.Net.HttpStatusCode.NotFound);

        await using ServerProcess second = new(["--data", server.Data]);
        await Assert.ThrowsAnyAsync<Exception>(second.StartAsync);
        Assert.Contains("another server", second.Output, StringComparison.Ordinal);

        string running = await server.Client.QueueAsync(Api.Long);
        await server.Client.UntilAsync(running, "in_progress");
        long before = TimeProvider.System.GetTimestamp();
        Assert.Equal(0, await server.EndAsync("-TERM"));
        Assert.InRange(TimeProvider.System.GetElapsedTime(before).TotalSeconds, 0, 5); // The job itself would take minutes.
        Assert.Contains("\"interrupted\"", await File.ReadAllTextAsync(Path.Combine(server.Data, running + ".json"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task For_others_it_needs_a_token_and_slow_clients_do_not_hold_it()
    {
        await using ServerProcess open = new(["--host", "0.0.0.0"]);
        await Assert.ThrowsAnyAsync<Exception>(open.StartAsync);
        Assert.Contains("HUMMINGBIRD_TOKEN", open.Output, StringComparison.Ordinal);

        await using ServerProcess server = new(["--host", "0.0.0.0"], ("HUMMINGBIRD_TOKEN", "open-sesame"));
        await server.StartAsync();
        await Api.EventuallyAsync(() => Task.FromResult(server.Output.Contains("WARNING", StringComparison.Ordinal)), "a warning");
        Assert.DoesNotContain("open-sesame", server.Output, StringComparison.Ordinal);
        string host = $"Host: 127.0.0.1:{server.Port}";
        (string Head, int Status)[] cases =
        [
            ($"GET /v1/videos HTTP/1.1\r\n{host}", 401), ($"GET / HTTP/1.1\r\n{host}", 401), ($"GET /healthz HTTP/1.1\r\n{host}", 200),
            ($"GET /v1/videos HTTP/1.1\r\n{host}\r\nAuthorization: Bearer wrong", 401), ($"GET /v1/videos HTTP/1.1\r\n{host}\r\nAuthorization: Bearer open-sesame", 200),
            ($"GET /?token=wrong HTTP/1.1\r\n{host}", 401), ($"GET /?token=open-sesame HTTP/1.1\r\n{host}", 302), ($"GET /v1/videos HTTP/1.1\r\n{host}\r\nCookie: hummingbird_token=open-sesame", 200),
            ($"GET /v1/videos?token=open-sesame HTTP/1.1\r\n{host}", 401), ($"GET /healthz HTTP/1.1\r\nHost: evil.example:{server.Port}", 403),
        ];
        foreach ((string head, int status) in cases)
        {
            Assert.Equal((head, status), (head, (await RawHttp.SendAsync(server.Port, head + "\r\n\r\n")).Status));
        }

        await AssertSlowClientsAreDroppedAsync(server, host);
    }

    /// <summary>90 connections that never finish their headers, one that trickles its body, and more connections than are served.</summary>
    private static async Task AssertSlowClientsAreDroppedAsync(ServerProcess server, string host)
    {
        Task<RawAnswer>[] slow = [.. Enumerable.Range(0, 90).Select(_ => RawHttp.SendAsync(server.Port, $"GET /healthz HTTP/1.1\r\n{host}\r\nX-Slow: "))];
        Task<RawAnswer> trickle = RawHttp.SendAsync(server.Port, $"POST /v1/videos HTTP/1.1\r\n{host}\r\nAuthorization: Bearer open-sesame\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{{");
        await Task.Delay(500);
        Assert.Equal("ok", (await server.Client.JsonAsync("/healthz")).Text("status"));
        Assert.All(await Task.WhenAll(slow), answer => Assert.Contains(answer.Status, (int[])[0, 408]));
        Assert.Contains((await trickle).Status, (int[])[0, 408]);
        Task<RawAnswer>[] crowd = [.. Enumerable.Range(0, 150).Select(_ => RawHttp.SendAsync(server.Port, $"GET /healthz HTTP/1.1\r\n{host}\r\nConnection: close\r\n\r\n"))];
        Assert.Contains(await Task.WhenAll(crowd), answer => answer.Status == 200);
        Assert.Equal("ok", (await server.Client.JsonAsync("/healthz")).Text("status"));
    }
}
