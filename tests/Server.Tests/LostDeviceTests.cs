using System.Text.Json.Nodes;
using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Server.Jobs;
using Xunit;

namespace Hummingbird.Vulkan.Server.Tests;

/// <summary>The driver loses the device again and again during one server's life.</summary>
public sealed class LostDeviceTests : IDisposable
{
    private const int Losses = 12;

    private readonly string data = Directory.CreateTempSubdirectory("hummingbird-losses-").FullName;

    public void Dispose() => Directory.Delete(data, recursive: true);

    [Fact]
    public async Task Every_video_survives_a_loss_and_health_tells()
    {
        await using VideoServer server = new(new() { Port = 0, DataFolder = data, Device = new DeviceChoice(IsReference: false, new()) });
        await server.StartAsync(TestContext.Current.CancellationToken);
        using HttpClient client = new() { BaseAddress = new(server.Addresses[0]) };
        for (int i = 0; i < Losses; i++)
        {
            string id = await client.QueueAsync(Api.Small);
            VideoJob job = server.Service.Jobs.Find(id)!;
            LoseIn(job, server, i % 2 == 0 ? GenerationPhase.Denoise : GenerationPhase.Decode);
            JsonNode video = await client.UntilAsync(id, "completed", "failed");
            Assert.True(video.Text("status") == "completed", video.ToJsonString());
            Assert.Contains("reset", Assert.Single(video["notes"]!.AsArray())!.GetValue<string>(), StringComparison.Ordinal);
            await job.Finished;
            Assert.True(SpinWait.SpinUntil(() => server.Service.Worker.Device.Losses == i + 1, TimeSpan.FromSeconds(5)));
            Assert.Equal("degraded", (await client.JsonAsync("/healthz")).Text("status"));
        }

        await client.UntilAsync(await client.QueueAsync(Api.Small), "completed");
        JsonNode health = await client.JsonAsync("/healthz");
        Assert.Equal(("ok", "ready", Losses), (health.Text("status"), health["device"]!.Text("state"), (int)health["device"]!["losses"]!));
    }

    /// <summary>On another thread: as soon as the job is in the phase, the device's next submit is its last.</summary>
    private static void LoseIn(VideoJob job, VideoServer server, GenerationPhase phase) => _ = Task.Run(async () =>
    {
        VideoState state = job.State;
        while (!state.IsOver)
        {
            if (state.Progress?.Phase == phase)
            {
                server.Service.Worker.Device.Gpu!.Api.LosesNextSubmit = true;
                return;
            }

            await job.ChangedSince(state);
            state = job.State;
        }
    });
}
