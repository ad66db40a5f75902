using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using Hummingbird.Vulkan.Server.Tests;
using Hummingbird.Vulkan.ServerSoak;

// dotnet run -c Release --project tools/ServerSoak -- [MINUTES]
// Starts a server of its own and, all at once, makes small videos, cancels long ones, follows events, sends every abuse case over and
// over, and asks for the health. Reports memory, threads and file descriptors over time, response times, and what was lost.
double minutes = args.Length > 0 ? double.Parse(args[0], CultureInfo.InvariantCulture) : 30;
string data = Directory.CreateTempSubdirectory("hummingbird-soak-").FullName;
const int Port = 17860;
string dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));
using Process server = Process.Start(new ProcessStartInfo(dotnet, [Path.Combine(AppContext.BaseDirectory, "hummingbird.dll"), "serve", "--port", $"{Port}", "--data", data, "--keep", "20"])
{
    RedirectStandardOutput = true,
    RedirectStandardError = true,
    UseShellExecute = false,
})!;
server.ErrorDataReceived += static (_, _) => { };
server.BeginErrorReadLine();
await server.StandardOutput.ReadLineAsync();
using HttpClient client = new() { BaseAddress = new($"http://127.0.0.1:{Port}"), Timeout = TimeSpan.FromMinutes(2) };
using CancellationTokenSource over = new(TimeSpan.FromMinutes(minutes));
Tally tally = new();
try
{
    await Task.WhenAll(MakeAsync(), CancelAsync(), AbuseAsync(), HealthAsync(), WatchAsync());
}
finally
{
    server.Kill(entireProcessTree: true);
    Directory.Delete(data, recursive: true);
}

Console.WriteLine(tally.Report(minutes));
return tally.Lost == 0 && tally.WrongAnswers == 0 ? 0 : 1;

async Task MakeAsync()
{
    while (!over.IsCancellationRequested)
    {
        if (await QueueAsync("""{"prompt":"a red ball","width":64,"height":64,"num_frames":2,"num_inference_steps":2}""") is not string id)
        {
            await Task.Delay(1000);
            continue;
        }

        // The stream ends with the job's last state.
        string events = await client.GetStringAsync(new Uri($"/v1/videos/{id}/events", UriKind.Relative));
        using HttpResponseMessage file = await client.GetAsync(new Uri($"/v1/videos/{id}/content", UriKind.Relative));
        tally.Made(events.Contains("event: done", StringComparison.Ordinal) && file.IsSuccessStatusCode);
    }
}

async Task CancelAsync()
{
    while (!over.IsCancellationRequested)
    {
        await Task.Delay(5000);
        if (await QueueAsync("""{"prompt":"a blue ball","width":64,"height":64,"num_frames":32,"scheduler":"ddim","num_inference_steps":200}""") is string id)
        {
            await Task.Delay(1500);
            long before = Stopwatch.GetTimestamp();
            using HttpResponseMessage gone = await client.DeleteAsync(new Uri($"/v1/videos/{id}", UriKind.Relative));
            tally.Cancelled(gone.IsSuccessStatusCode, Stopwatch.GetElapsedTime(before));
        }
    }
}

async Task<string?> QueueAsync(string body)
{
    using StringContent json = new(body, Encoding.UTF8, "application/json");
    using HttpResponseMessage answer = await client.PostAsync(new Uri("/v1/videos", UriKind.Relative), json);
    return answer.IsSuccessStatusCode ? JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["id"]!.GetValue<string>() : null;
}

async Task AbuseAsync()
{
    while (!over.IsCancellationRequested)
    {
        foreach (AbuseCase abuse in AbuseCases.All)
        {
            RawAnswer answer = await RawHttp.SendAsync(Port, abuse);
            tally.Answered(abuse.Statuses.Contains(answer.Status), abuse.Name);
            await Task.Delay(50);
            if (over.IsCancellationRequested)
            {
                return;
            }
        }
    }
}

async Task HealthAsync()
{
    while (!over.IsCancellationRequested)
    {
        long before = Stopwatch.GetTimestamp();
        using HttpResponseMessage answer = await client.GetAsync(new Uri("/healthz", UriKind.Relative));
        tally.Health(answer.IsSuccessStatusCode, Stopwatch.GetElapsedTime(before));
        await Task.Delay(200);
    }
}

async Task WatchAsync()
{
    while (!over.IsCancellationRequested)
    {
        await Task.Delay(10_000);
        server.Refresh();
        tally.Sample(server.WorkingSet64, server.Threads.Count, Directory.GetFiles($"/proc/{server.Id}/fd").Length);
    }
}
