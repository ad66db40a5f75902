using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Xunit;

namespace Hummingbird.Vulkan.Server.Tests;

/// <summary>The API as OpenAI's clients and others use it.</summary>
[Collection("server")]
public sealed class VideoApiTests(SharedServer server)
{
    private HttpClient Client => server.Client;

    [Fact]
    public async Task A_video_from_request_to_file()
    {
        using HttpResponseMessage created = await Client.PostAsync("/v1/videos", Api.Json(Api.Small));
        JsonNode queued = JsonNode.Parse(await created.Content.ReadAsStringAsync())!;
        Assert.Equal(HttpStatusCode.Accepted, created.StatusCode);
        string id = queued.Text("id");
        Assert.Equal($"/v1/videos/{id}", created.Headers.Location?.ToString());
        Assert.Equal(("video", "nano", "64x64", "0.5"), (queued.Text("object"), queued.Text("model"), queued.Text("size"), queued.Text("seconds")));
        string[] openAi = ["id", "object", "model", "status", "progress", "created_at", "completed_at", "expires_at", "size", "seconds", "prompt", "error", "remixed_from_video_id"];
        Assert.Empty(openAi.Except(queued.AsObject().Select(p => p.Key)));

        List<(string Name, JsonNode Data)> events = await Client.EventsAsync(id);
        Assert.Equal("done", events[^1].Name);
        JsonNode done = events[^1].Data;
        Assert.Equal(("completed", 100, 5), (done.Text("status"), (int)done["progress"]!, (int)done["seed"]!));
        Assert.NotNull(done["completed_at"]);

        using HttpResponseMessage file = await Client.GetAsync(new Uri($"/v1/videos/{id}/content", UriKind.Relative));
        byte[] bytes = await file.Content.ReadAsByteArrayAsync();
        Assert.Equal("video/mp4", file.Content.Headers.ContentType?.MediaType);
        Assert.Equal(("attachment", $"{id}.mp4"), (file.Content.Headers.ContentDisposition?.DispositionType, file.Content.Headers.ContentDisposition?.FileName));
        Assert.Equal("ftyp"u8.ToArray(), bytes[4..8]);
        Assert.Equal((long)done["bytes"]!, bytes.Length);
        await AssertRangesAsync(id, bytes);
    }

    [Fact]
    public async Task Events_show_phases_steps_and_previews()
    {
        string id = await Client.QueueAsync(Api.Small.Replace("\"num_inference_steps\":4", "\"num_inference_steps\":12", StringComparison.Ordinal).Replace("\"num_frames\":4", "\"num_frames\":16", StringComparison.Ordinal));
        List<(string Name, JsonNode Data)> events = await Client.EventsAsync(id);
        JsonNode[] previews = [.. events.Where(e => e.Name == "preview").Select(e => e.Data)];
        Assert.NotEmpty(previews);
        foreach (JsonNode preview in previews)
        {
            byte[] png = Convert.FromBase64String(preview.Text("image"));
            Assert.Equal((16, 8, 8, 12), ((int)preview["frames"]!, (int)preview["width"]!, (int)preview["height"]!, (int)preview["steps"]!));
            Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], png[..4]);
            Assert.Equal(16 * 8, (png[22] << 8) | png[23]);
        }

        Assert.Contains(events, e => e.Name == "status" && e.Data["phase"]?.GetValue<string>() == "denoise" && e.Data["iterations_per_second"] is not null && e.Data["eta_seconds"] is not null);
    }

    [Fact]
    public async Task Synchronous_generation_answers_with_the_file()
    {
        (HttpStatusCode status, JsonNode answer) = await Client.PostAsync(Api.Small, "/v1/videos/generations?wait=true");
        Assert.Equal(HttpStatusCode.OK, status);
        byte[] bytes = Convert.FromBase64String(answer["data"]![0]!.Text("b64_json"));
        Assert.Equal("ftyp"u8.ToArray(), bytes[4..8]);
        Assert.Equal(HttpStatusCode.Accepted, (await Client.PostAsync(Api.Small, "/v1/videos/generations")).Status);
    }

    [Fact]
    public async Task A_client_that_goes_away_takes_its_job_along()
    {
        using CancellationTokenSource gone = new(TimeSpan.FromMilliseconds(700));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Client.PostAsync(new Uri("/v1/videos/generations?wait=true", UriKind.Relative), Api.Json(Api.Long), gone.Token));
        for (int i = 0; i < 50 && (await Client.JsonAsync("/v1/videos"))["data"]!.AsArray().Any(v => (int)v!["num_inference_steps"]! == 400); i++)
        {
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        Assert.DoesNotContain((await Client.JsonAsync("/v1/videos"))["data"]!.AsArray(), v => (int)v!["num_inference_steps"]! == 400);
        await Api.EventuallyAsync(() => Task.FromResult(server.Process.Children().Length == 0), "no ffmpeg is left");
    }

    [Fact]
    public async Task Form_fields_of_the_official_clients_are_taken_from_programs_only()
    {
        MultipartFormDataContent Form() => new()
        {
            { new StringContent("a red ball"), "prompt" }, { new StringContent("nano"), "model" }, { new StringContent("64x64"), "size" },
            { new StringContent("0.25"), "seconds" }, { new StringContent("8"), "fps" }, { new StringContent("2"), "num_inference_steps" },
        };
        using HttpResponseMessage created = await Client.PostAsync("/v1/videos", Form());
        JsonNode video = JsonNode.Parse(await created.Content.ReadAsStringAsync())!;
        Assert.True(created.StatusCode == HttpStatusCode.Accepted, video.ToJsonString());
        Assert.Equal((2, "0.25"), ((int)video["num_frames"]!, video.Text("seconds")));

        using HttpRequestMessage browser = new(HttpMethod.Post, "/v1/videos") { Content = Form() };
        browser.Headers.Add("Origin", $"http://127.0.0.1:{server.Process.Port}");
        using HttpResponseMessage refused = await Client.SendAsync(browser);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, refused.StatusCode);
        await Client.UntilAsync(video.Text("id"), "completed");
    }

    [Fact]
    public async Task Lists_come_in_pages()
    {
        await Client.ClearAsync();
        string[] ids = [await Client.QueueAsync(Api.Small), await Client.QueueAsync(Api.Small), await Client.QueueAsync(Api.Small)];
        JsonNode first = await Client.JsonAsync("/v1/videos?limit=2");
        Assert.Equal(("list", true, ids[2], ids[1]), (first.Text("object"), (bool)first["has_more"]!, first.Text("first_id"), first.Text("last_id")));
        JsonNode second = await Client.JsonAsync($"/v1/videos?limit=2&after={ids[1]}");
        Assert.Equal((false, ids[0]), ((bool)second["has_more"]!, second.Text("last_id")));
        Assert.Equal(ids[0], (await Client.JsonAsync("/v1/videos?order=asc")).Text("first_id"));
        await Client.ClearAsync();
        Assert.Empty((await Client.JsonAsync("/v1/videos"))["data"]!.AsArray());
        Api.AssertNothingLeft(server.Process.Data);
    }

    [Fact]
    public async Task Cancelling_stops_the_work_at_once()
    {
        await Client.ClearAsync();
        for (int i = 0; i < 5; i++)
        {
            string id = await Client.QueueAsync(Api.Long);
            await Client.UntilAsync(id, "in_progress");
            await Task.Delay(20 + (70 * i), TestContext.Current.CancellationToken);
            long before = TimeProvider.System.GetTimestamp();
            using HttpResponseMessage deleted = await Client.DeleteAsync(new Uri($"/v1/videos/{id}", UriKind.Relative));
            JsonNode answer = JsonNode.Parse(await deleted.Content.ReadAsStringAsync())!;
            Assert.InRange(TimeProvider.System.GetElapsedTime(before).TotalSeconds, 0, 2);
            Assert.Equal(("video.deleted", id, true), (answer.Text("object"), answer.Text("id"), (bool)answer["deleted"]!));
            await Api.EventuallyAsync(async () => !(bool)(await Client.JsonAsync("/healthz"))["queue"]!["running"]!, "the worker is free");
            await Client.JsonAsync($"/v1/videos/{id}", HttpStatusCode.NotFound);
        }

        await Api.EventuallyAsync(() => Task.FromResult(server.Process.Children().Length == 0), "no ffmpeg is left");
        Api.AssertNothingLeft(server.Process.Data);
    }

    [Fact]
    public async Task Models_device_and_description_say_what_there_is()
    {
        JsonNode nano = (await Client.JsonAsync("/v1/models"))["data"]![0]!;
        Assert.Equal(("nano", "model"), (nano.Text("id"), nano.Text("object")));
        Assert.Equal(["nano", "nano-student", "nano-teacher"], (await Client.JsonAsync("/v1/models"))["data"]!.AsArray().Select(m => m!.Text("id")));
        Assert.True((int)nano["limits"]!["size_multiple"]! > 0);
        JsonNode device = await Client.JsonAsync("/v1/device");
        Assert.Equal("ready", device.Text("state"));
        Assert.True((long)device["memory"]!["budget_bytes"]! > 0);
        Assert.NotEmpty(device["plan"]!.AsArray());
        JsonNode document = await Client.JsonAsync("/openapi.json");
        Assert.Equal(
            ["/healthz", "/v1/device", "/v1/models", "/v1/videos", "/v1/videos/generations", "/v1/videos/{id}", "/v1/videos/{id}/content", "/v1/videos/{id}/events"],
            document["paths"]!.AsObject().Select(p => p.Key).Order(StringComparer.Ordinal));
        JsonObject fields = document["components"]!["schemas"]!["VideoRequest"]!["properties"]!.AsObject();
        Assert.Contains("num_inference_steps", fields.Select(f => f.Key));
    }

    private async Task AssertRangesAsync(string id, byte[] whole)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, $"/v1/videos/{id}/content");
        request.Headers.Range = new RangeHeaderValue(10, 19);
        using HttpResponseMessage part = await Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal(whole[10..20], await part.Content.ReadAsByteArrayAsync());

        using HttpRequestMessage beyond = new(HttpMethod.Get, $"/v1/videos/{id}/content");
        beyond.Headers.Range = new RangeHeaderValue(whole.Length + 5, null);
        using HttpResponseMessage nothing = await Client.SendAsync(beyond);
        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, nothing.StatusCode);
    }
}
