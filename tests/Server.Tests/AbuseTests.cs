using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Xunit;

namespace Hummingbird.Vulkan.Server.Tests;

/// <summary>What hostile pages and programs try. After each the server is well, and nothing it says tells about the machine.</summary>
[Collection("server")]
public sealed partial class AbuseTests(SharedServer server)
{
    private HttpClient Client => server.Client;

    private int Port => server.Process.Port;

    [Fact]
    public async Task Every_case_gets_its_status_and_the_server_stays_well()
    {
        List<string> wrong = [];
        StringBuilder answers = new();
        foreach (AbuseCase abuse in AbuseCases.All)
        {
            RawAnswer answer = await RawHttp.SendAsync(Port, abuse);
            answers.AppendLine(answer.Text);
            if (!abuse.Statuses.Contains(answer.Status))
            {
                wrong.Add($"{abuse.Goal} {abuse.Name}: {answer.Status} instead of {string.Join(" or ", abuse.Statuses)}: {answer.Text[..Math.Min(300, answer.Text.Length)]}");
            }

            long before = Stopwatch.GetTimestamp();
            await Client.JsonAsync("/healthz");
            if (Stopwatch.GetElapsedTime(before) > TimeSpan.FromSeconds(1))
            {
                wrong.Add($"{abuse.Name}: health took {Stopwatch.GetElapsedTime(before).TotalSeconds:0.0} s");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.True(AbuseCases.All.Count >= 220, $"Only {AbuseCases.All.Count} cases.");
        Assert.DoesNotContain((await Client.JsonAsync("/v1/videos"))["data"]!.AsArray(), v => v!.Text("prompt") == "a");
        AssertTellsNothing(answers + server.Process.Output);
        Assert.DoesNotContain("Access-Control", answers.ToString(), StringComparison.OrdinalIgnoreCase);
        TestContext.Current.TestOutputHelper?.WriteLine($"{AbuseCases.All.Count} cases");
    }

    [Fact]
    public void It_listens_on_loopback_alone()
    {
        string hex = Port.ToString("X4", CultureInfo.InvariantCulture);
        string[] addresses =
        [
            .. ((string[])["/proc/net/tcp", "/proc/net/tcp6"]).Where(File.Exists).SelectMany(File.ReadLines)
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Where(f => f.Length > 3 && f[3] == "0A" && f[1].EndsWith(":" + hex, StringComparison.Ordinal)).Select(f => f[1].Split(':')[0]),
        ];
        Assert.Contains("0100007F", addresses);
        Assert.Empty(addresses.Except(["0100007F", "00000000000000000000000001000000"]));
    }

    [Fact]
    public async Task Every_answer_carries_the_headers_that_keep_pages_apart()
    {
        foreach (string path in (string[])["/", "/app.js", "/app.css", "/icon.png", "/healthz", "/v1/videos", "/nothing", "/openapi.json"])
        {
            using HttpResponseMessage answer = await Client.GetAsync(new Uri(path, UriKind.Relative));
            string Header(string name) => answer.Headers.TryGetValues(name, out IEnumerable<string>? values) ? string.Join(',', values) : "";
            Assert.Equal(
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
                Header("Content-Security-Policy"));
            Assert.Equal(
                ("nosniff", "no-referrer", "same-origin", "same-origin", ""),
                (Header("X-Content-Type-Options"), Header("Referrer-Policy"), Header("Cross-Origin-Opener-Policy"), Header("Cross-Origin-Resource-Policy"), Header("Server")));
        }
    }

    [Fact]
    public async Task The_page_asks_nobody_else_and_sets_text_as_text()
    {
        foreach (string path in (string[])["/", "/app.css", "/app.js", "/api.js", "/dom.js", "/gallery.js", "/preview.js", "/settings.js"])
        {
            string text = await Client.GetStringAsync(new Uri(path, UriKind.Relative));
            Assert.DoesNotMatch(OutsideOrMarkup(), text);
        }
    }

    [Fact]
    public async Task A_prompt_reaches_the_file_by_choice_and_the_encoder_only_as_data()
    {
        const string Prompt = "-y file:/x $(id) `id` ; \"quoted\" 'single' =equals= <script>alert(1)</script>";
        string body = $"{{\"prompt\":{JsonValue.Create(Prompt).ToJsonString()},\"width\":32,\"height\":32,\"num_frames\":2,\"num_inference_steps\":1";
        string kept = await Client.QueueAsync(body + ",\"embed_metadata\":true}"), silent = await Client.QueueAsync(body + "}");
        Assert.Equal(Prompt, (await Client.UntilAsync(kept, "completed")).Text("prompt"));
        await Client.UntilAsync(silent, "completed");
        Assert.Contains("alert(1)", Encoding.UTF8.GetString(await Client.GetByteArrayAsync(new Uri($"/v1/videos/{kept}/content", UriKind.Relative))), StringComparison.Ordinal);
        Assert.DoesNotContain("alert(1)", Encoding.UTF8.GetString(await Client.GetByteArrayAsync(new Uri($"/v1/videos/{silent}/content", UriKind.Relative))), StringComparison.Ordinal);
        Assert.Equal(Prompt, Engine.Media.MetadataReader.Read(Path.Combine(server.Process.Data, kept + ".mp4"))?.Prompt);
        AssertTellsNothing(await Client.GetStringAsync(new Uri("/v1/videos", UriKind.Relative)));
    }

    [Fact]
    public async Task A_crowd_gets_places_or_a_time_to_come_back()
    {
        await Client.ClearAsync();
        using CancellationTokenSource over = new();
        Task<double> slowestHealth = WatchHealthAsync(over.Token);
        string body = Api.Small.Replace("\"num_inference_steps\":4", "\"num_inference_steps\":20", StringComparison.Ordinal);
        HttpResponseMessage[] answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Client.PostAsync("/v1/videos", Api.Json(body))));
        HttpResponseMessage[] taken = [.. answers.Where(a => a.StatusCode == HttpStatusCode.Accepted)], refused = [.. answers.Where(a => a.StatusCode == HttpStatusCode.TooManyRequests)];
        Assert.Equal(64, taken.Length + refused.Length);
        Assert.InRange(taken.Length, 8, 20);
        Assert.All(refused, a => Assert.InRange(a.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 600));
        foreach (HttpResponseMessage answer in taken)
        {
            await Client.UntilAsync(JsonNode.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!.Text("id"), "completed");
        }

        await over.CancelAsync();
        double slowest = await slowestHealth;
        Assert.InRange(slowest, 0, 1);
        TestContext.Current.TestOutputHelper?.WriteLine($"64 at once: {taken.Length} taken, {refused.Length} refused, slowest health {slowest * 1000:0} ms");
        await Client.ClearAsync();
    }

    /// <summary>Seconds of the slowest health check.</summary>
    private async Task<double> WatchHealthAsync(CancellationToken over)
    {
        double slowest = 0;
        while (!over.IsCancellationRequested)
        {
            long before = Stopwatch.GetTimestamp();
            await Client.JsonAsync("/healthz");
            slowest = Math.Max(slowest, Stopwatch.GetElapsedTime(before).TotalSeconds);
            await Task.Delay(20, CancellationToken.None);
        }

        return slowest;
    }

    private void AssertTellsNothing(string text)
    {
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        foreach (string secret in (string[])[ServerProcess.Secret, server.Process.Data, AppContext.BaseDirectory.TrimEnd('/'), home + "/", "   at Hummingbird", "   at System", "   at Microsoft"])
        {
            Assert.DoesNotContain(secret, text, StringComparison.Ordinal);
        }
    }

    [GeneratedRegex(@"https?://|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|style=|\bon\w+=""")]
    private static partial Regex OutsideOrMarkup();
}
