using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Hummingbird.Vulkan.Server.Tests;

/// <summary>What a client of the API does.</summary>
internal static class Api
{
    /// <summary>A video that takes a moment on two cores.</summary>
    public const string Small = """{"prompt":"a big red circle moving right on a white background","seed":5,"width":64,"height":64,"num_frames":4,"num_inference_steps":4}""";

    /// <summary>A video that nobody waits for.</summary>
    public const string Long = """{"prompt":"a blue square growing on a white background","seed":6,"width":64,"height":64,"num_frames":64,"scheduler":"ddim","num_inference_steps":400}""";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");

    public static async Task<(HttpStatusCode Status, JsonNode Body)> PostAsync(this HttpClient client, string body, string path = "/v1/videos")
    {
        using HttpResponseMessage response = await client.PostAsync(path, Json(body));
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }

    public static async Task<JsonNode> JsonAsync(this HttpClient client, string path, HttpStatusCode status = HttpStatusCode.OK)
    {
        using HttpResponseMessage response = await client.GetAsync(new Uri(path, UriKind.Relative));
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == status, $"{path}: {response.StatusCode} {text}");
        return JsonNode.Parse(text)!;
    }

    /// <returns>The id of a new job.</returns>
    public static async Task<string> QueueAsync(this HttpClient client, string body)
    {
        (HttpStatusCode status, JsonNode video) = await client.PostAsync(body);
        Assert.True(status == HttpStatusCode.Accepted, video.ToJsonString());
        return video.Text("id");
    }

    /// <summary>Waits for what comes about a moment later.</summary>
    public static async Task EventuallyAsync(Func<Task<bool>> holds, string what)
    {
        using CancellationTokenSource limit = new(Patience);
        while (!await holds())
        {
            Assert.False(limit.IsCancellationRequested, $"It never came about: {what}.");
            await Task.Delay(50, CancellationToken.None);
        }
    }

    public static async Task<JsonNode> UntilAsync(this HttpClient client, string id, params string[] statuses)
    {
        using CancellationTokenSource limit = new(Patience);
        while (true)
        {
            JsonNode video = await client.JsonAsync($"/v1/videos/{id}");
            if (statuses.Contains(video.Text("status")))
            {
                return video;
            }

            await Task.Delay(30, limit.Token);
        }
    }

    /// <summary>Deletes every job, so that the next test finds an empty line.</summary>
    public static async Task ClearAsync(this HttpClient client)
    {
        foreach (JsonNode? video in (await client.JsonAsync("/v1/videos?limit=100"))["data"]!.AsArray())
        {
            (await client.DeleteAsync(new Uri($"/v1/videos/{video!.Text("id")}", UriKind.Relative))).Dispose();
        }
    }

    /// <summary>Waits until nothing of any video is in the data folder.</summary>
    public static void AssertNothingLeft(string data) => Assert.True(
        SpinWait.SpinUntil(() => Directory.GetFiles(data).All(f => Path.GetFileName(f) == "lock"), Patience), string.Join(' ', Directory.GetFiles(data)));

    public static string Text(this JsonNode node, string name) => node[name]!.GetValue<string>();

    /// <summary>Name and data of each event until the stream ends.</summary>
    public static async Task<List<(string Name, JsonNode Data)>> EventsAsync(this HttpClient client, string id)
    {
        using CancellationTokenSource limit = new(Patience);
        using HttpResponseMessage response = await client.GetAsync(new Uri($"/v1/videos/{id}/events", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, limit.Token);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        using StreamReader reader = new(await response.Content.ReadAsStreamAsync(limit.Token));
        List<(string, JsonNode)> events = [];
        string name = "";
        while (await reader.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.StartsWith("event: ", StringComparison.Ordinal))
            {
                name = line[7..];
            }
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                events.Add((name, JsonNode.Parse(line[6..])!));
            }
        }

        return events;
    }
}
