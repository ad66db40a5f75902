using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Hummingbird.Vulkan.Server.Jobs;

namespace Hummingbird.Vulkan.Server.Api;

/// <summary>Server-sent events of a job: <c>status</c> and <c>preview</c> as they change, then <c>done</c> or <c>deleted</c>.</summary>
/// <remarks>A stream sends the state as it is when the client can take it: nothing is queued, so a slow client costs nothing.</remarks>
internal sealed class EventStreams(IHostApplicationLifetime lifetime)
{
    /// <summary>Connections kept free for everything else.</summary>
    private const int MaxStreams = 48;

    private static readonly TimeSpan BetweenEvents = TimeSpan.FromMilliseconds(40), Heartbeat = TimeSpan.FromSeconds(10);

    private int open;

    public async Task FollowAsync(VideoJob job, HttpContext context)
    {
        if (Interlocked.Increment(ref open) > MaxStreams)
        {
            Interlocked.Decrement(ref open);
            throw new ApiException(StatusCodes.Status429TooManyRequests, $"{MaxStreams} event streams are open already.") { Code = "too_many_streams", RetryAfterSeconds = 5 };
        }

        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            context.Response.ContentType = "text/event-stream";
            context.Response.Headers.CacheControl = "no-store";
            await FollowAsync(job, context.Response, stop.Token);
        }
        catch (OperationCanceledException)
        {
            // The client has gone, or the server goes.
        }
        finally
        {
            Interlocked.Decrement(ref open);
        }
    }

    private static async Task FollowAsync(VideoJob job, HttpResponse response, CancellationToken cancellation)
    {
        Preview? shown = null;
        while (true)
        {
            VideoState state = job.State;
            if (state.IsDeleted)
            {
                await SendAsync(response, "deleted", new DeletedVideo(job.Id), ApiJson.Default.DeletedVideo, cancellation);
                return;
            }

            if (state.Preview is { } preview && preview != shown && !state.IsOver)
            {
                shown = preview;
                PreviewEvent seen = new(job.Id, preview.Step, preview.Steps, preview.Frames, preview.Width, preview.Height, Convert.ToBase64String(preview.Png));
                await SendAsync(response, "preview", seen, ApiJson.Default.PreviewEvent, cancellation);
            }

            await SendAsync(response, state.IsOver ? "done" : "status", Video.Of(state), ApiJson.Default.Video, cancellation);
            if (state.IsOver)
            {
                return;
            }

            await Task.Delay(BetweenEvents, cancellation);
            await ChangeAsync(job, state, response, cancellation);
        }
    }

    /// <summary>Waits for a change; comments keep the connection alive meanwhile.</summary>
    private static async Task ChangeAsync(VideoJob job, VideoState seen, HttpResponse response, CancellationToken cancellation)
    {
        Task changed = job.ChangedSince(seen);
        while (await Task.WhenAny(changed, Task.Delay(Heartbeat, cancellation)) != changed)
        {
            cancellation.ThrowIfCancellationRequested();
            await response.WriteAsync(": still here\n\n", cancellation);
            await response.Body.FlushAsync(cancellation);
        }
    }

    private static async Task SendAsync<T>(HttpResponse response, string name, T data, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        // JSON of one line: the serializer escapes line breaks.
        await response.WriteAsync($"event: {name}\ndata: {JsonSerializer.Serialize(data, type)}\n\n", cancellation);
        await response.Body.FlushAsync(cancellation);
    }
}
