using Hummingbird.Vulkan.Server.Jobs;
using Microsoft.Net.Http.Headers;

namespace Hummingbird.Vulkan.Server.Api;

/// <summary>OpenAI's videos, and what it has not: events and synchronous generation.</summary>
internal sealed class VideoEndpoints(VideoService service, EventStreams streams)
{
    private const int LargestPage = 100, UsualPage = 20;

    /// <summary>Files above this are answered with their address even where base64 was asked for.</summary>
    private const long LargestInline = 32 << 20;

    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(2);

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/videos", (Delegate)CreateAsync).Accepts<VideoRequest>("application/json", "multipart/form-data").Produces<Video>(StatusCodes.Status202Accepted)
            .Produces<ErrorBody>(StatusCodes.Status400BadRequest).Produces<ErrorBody>(StatusCodes.Status429TooManyRequests)
            .WithSummary("Queue a video.").WithName("createVideo");
        routes.MapPost("/v1/videos/generations", GenerateAsync).Accepts<VideoRequest>("application/json", "multipart/form-data").Produces<GeneratedVideos>()
            .Produces<Video>(StatusCodes.Status202Accepted).Produces<ErrorBody>(StatusCodes.Status429TooManyRequests)
            .WithSummary("With ?wait=true: make a video and answer with it; otherwise as createVideo.").WithName("generateVideo");
        routes.MapGet("/v1/videos", List).Produces<VideoPage>().WithSummary("Videos, newest first.").WithName("listVideos");
        routes.MapGet("/v1/videos/{id}", (string id) => Answer(Find(id))).Produces<Video>().Produces<ErrorBody>(StatusCodes.Status404NotFound)
            .WithSummary("A video's state.").WithName("retrieveVideo");
        routes.MapDelete("/v1/videos/{id}", DeleteAsync).Produces<DeletedVideo>().Produces<ErrorBody>(StatusCodes.Status404NotFound)
            .WithSummary("Cancel a video and delete what there is of it.").WithName("deleteVideo");
        routes.MapMethods("/v1/videos/{id}/content", [HttpMethods.Get, HttpMethods.Head], Content).Produces<byte[]>(StatusCodes.Status200OK, "video/mp4")
            .Produces<ErrorBody>(StatusCodes.Status404NotFound).WithSummary("The file; ranges are honoured.").WithName("downloadVideo");
        routes.MapGet("/v1/videos/{id}/events", (string id, HttpContext context) => streams.FollowAsync(Find(id), context))
            .Produces<string>(StatusCodes.Status200OK, "text/event-stream").WithSummary("Server-sent events: status, preview, and done or deleted at the end.").WithName("followVideo");
    }

    private async Task<IResult> CreateAsync(HttpContext context)
    {
        VideoJob job = service.Add(await RequestReader.ReadAsync(context.Request, context.RequestAborted));
        context.Response.Headers.Location = $"/v1/videos/{job.Id}";
        return TypedResults.Json(Video.Of(job.State), ApiJson.Default.Video, statusCode: StatusCodes.Status202Accepted);
    }

    private async Task<IResult> GenerateAsync(HttpContext context, string? wait = null)
    {
        bool waits = wait switch
        {
            "true" or "1" => true,
            null or "false" or "0" => false,
            _ => throw ApiException.Invalid("wait", "wait must be true or false."),
        };
        if (!waits)
        {
            return await CreateAsync(context);
        }

        VideoRequest request = await RequestReader.ReadAsync(context.Request, context.RequestAborted);
        bool isInline = request.ResponseFormat switch
        {
            null or "b64_json" => true,
            "url" => false,
            _ => throw ApiException.Invalid("response_format", "response_format must be b64_json or url."),
        };
        VideoJob job = service.Add(request);
        try
        {
            await job.Finished.WaitAsync(context.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            await service.Jobs.DeleteAsync(job); // Nobody is there to take it.
            throw;
        }

        return await AnswerAsync(job, isInline, context.RequestAborted);
    }

    private async Task<IResult> AnswerAsync(VideoJob job, bool isInline, CancellationToken cancellation)
    {
        VideoRecord record = job.State.Record;
        if (job.State.IsDeleted || service.Store.FileOf(record) is not string file)
        {
            throw new ApiException(StatusCodes.Status500InternalServerError, record.Error?.Message ?? "The video was deleted before it was done.") { Code = record.Error?.Code ?? "deleted" };
        }

        bool fits = isInline && record.Bytes <= LargestInline;
        GeneratedVideo video = fits
            ? new(Convert.ToBase64String(await File.ReadAllBytesAsync(file, cancellation)), null)
            : new(null, $"/v1/videos/{job.Id}/content");
        return TypedResults.Json(new GeneratedVideos(record.CreatedAt / 1000, job.Id, [video]), ApiJson.Default.GeneratedVideos);
    }

    private IResult List(int? limit = null, string? after = null, string? order = null)
    {
        if (limit is < 1 or > LargestPage)
        {
            throw ApiException.Invalid("limit", $"limit is {limit}; it must be between 1 and {LargestPage}.");
        }

        IEnumerable<VideoJob> all = order switch
        {
            null or "desc" => service.Jobs.List(),
            "asc" => service.Jobs.List().Reverse(),
            _ => throw ApiException.Invalid("order", "order must be asc or desc."),
        };
        if (after is not null)
        {
            Find(after);
            all = all.SkipWhile(j => j.Id != after).Skip(1);
        }

        VideoJob[] page = [.. all.Take((limit ?? UsualPage) + 1)];
        Video[] shown = [.. page.Take(limit ?? UsualPage).Select(j => Video.Of(j.State))];
        return TypedResults.Json(
            new VideoPage(shown, shown.FirstOrDefault()?.Id, shown.LastOrDefault()?.Id, page.Length > shown.Length), ApiJson.Default.VideoPage);
    }

    private async Task<IResult> DeleteAsync(string id)
    {
        // The answer waits for the work to stop, so that it is true; a submit that takes longer ends by itself.
        Task gone = service.Jobs.DeleteAsync(Find(id));
        await Task.WhenAny(gone, Task.Delay(StopLimit));
        return TypedResults.Json(new DeletedVideo(id), ApiJson.Default.DeletedVideo);
    }

    private IResult Content(string id, HttpContext context, string? variant = null)
    {
        VideoRecord record = Find(id).State.Record;
        if (variant is not (null or "video"))
        {
            throw ApiException.Invalid("variant", "variant must be video: there are no other assets.");
        }

        if (service.Store.FileOf(record) is not string file)
        {
            throw new ApiException(
                record.IsFinished ? StatusCodes.Status404NotFound : StatusCodes.Status409Conflict,
                record.IsFinished ? $"This video failed: {record.Error?.Message}" : "This video is not done yet.")
            { Code = record.IsFinished ? "no_content" : "not_ready" };
        }

        context.Response.Headers.CacheControl = "private, max-age=31536000, immutable";
        return TypedResults.PhysicalFile(
            file, OutputFormats.ContentTypeOf(file), Path.GetFileName(file), new DateTimeOffset(new FileInfo(file).LastWriteTimeUtc),
            new EntityTagHeaderValue($"\"{id}\""), enableRangeProcessing: true);
    }

    private VideoJob Find(string id) => (JobStore.IsId(id) ? service.Jobs.Find(id) : null) ?? throw ApiException.NotFound("There is no such video.");

    private static IResult Answer(VideoJob job) => TypedResults.Json(Video.Of(job.State), ApiJson.Default.Video);
}
