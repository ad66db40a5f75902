using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Hummingbird.Vulkan.Server.Api;
using Hummingbird.Vulkan.Server.Jobs;
using ModelContextProtocol;
using ModelContextProtocol.Server;

namespace Hummingbird.Vulkan.Server.Mcp;

/// <summary>The Model Context Protocol over a pair of streams: three tools for assistants that run on this machine.</summary>
public sealed class VideoTools
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, TypeInfoResolver = JsonTypeInfoResolver.Combine(ApiJson.Default, new DefaultJsonTypeInfoResolver()),
    };

    private readonly VideoService service;

    private VideoTools(VideoService service) => this.service = service;

    /// <summary>Serves until the client closes its side or <paramref name="cancellation"/> is asked for.</summary>
    /// <exception cref="ServerException">The data folder cannot be used.</exception>
    public static async Task RunAsync(ServerOptions options, Stream input, Stream output, CancellationToken cancellation)
    {
        using VideoService videos = new(options);
        videos.Worker.Start();
        McpServerOptions server = new()
        {
            ServerInfo = new() { Name = "hummingbird", Version = typeof(VideoTools).Assembly.GetName().Version?.ToString(3) ?? "0" },
            ServerInstructions = "Makes short videos from a sentence on this machine. generate_video answers with the file's path; seconds to minutes, by size and device.",
            ToolCollection = new VideoTools(videos).Collection(),
        };
        await using StreamServerTransport transport = new(input, output, "hummingbird");
        await using McpServer running = McpServer.Create(transport, server);
        await running.RunAsync(cancellation);
    }

    [Description("Make a video from a sentence. What is left out is taken from the model's defaults.")]
    private async Task<MadeVideo> GenerateVideoAsync(
        [Description("What the video should show.")] string prompt,
        IProgress<ProgressNotificationValue> progress,
        [Description("A name from list_models.")] string? model = null,
        [Description("The same seed makes the same video; -1 draws one.")] long? seed = null,
        [Description("Number of frames.")] int? frames = null,
        [Description("Frames per second.")] int? fps = null,
        [Description("Denoising steps.")] int? steps = null,
        [Description("Pixels.")] int? width = null,
        [Description("Pixels.")] int? height = null,
        [Description("How closely to follow the prompt.")] double? guidance = null,
        [Description("mp4, webm, gif, webp or apng.")] OutputFormat? format = null,
        CancellationToken cancellation = default)
    {
        VideoJob job = Add(new()
        {
            Prompt = prompt, Model = model, Seed = seed, NumFrames = frames, Fps = fps, NumInferenceSteps = steps, Width = width, Height = height,
            GuidanceScale = guidance, OutputFormat = format, EmbedMetadata = true,
        });
        try
        {
            await FollowAsync(job, progress, cancellation);
        }
        catch (OperationCanceledException)
        {
            await service.Jobs.DeleteAsync(job);
            throw;
        }

        Video video = Video.Of(job.State);
        return service.Store.FileOf(job.State.Record) is string file
            ? new(file, video.Seed, video.Size, video.NumFrames, video.Fps, video.NumInferenceSteps, video.Model, video.ElapsedSeconds, video.Notes)
            : throw new McpException(job.State.Record.Error?.Message ?? "The video was not made.");
    }

    private VideoJob Add(VideoRequest request)
    {
        try
        {
            return service.Add(request);
        }
        catch (ApiException error)
        {
            throw new McpException(error.Message, error);
        }
    }

    private static async Task FollowAsync(VideoJob job, IProgress<ProgressNotificationValue> progress, CancellationToken cancellation)
    {
        int told = -1;
        for (VideoState state = job.State; !state.IsOver; state = job.State)
        {
            if (state.Percent != told)
            {
                told = state.Percent;
                progress.Report(new() { Progress = told, Total = 100, Message = state.Progress is { } p ? PhaseNames.Of(p.Phase) : "queued" });
            }

            await job.ChangedSince(state).WaitAsync(cancellation);
        }

        await job.Finished.WaitAsync(cancellation);
    }

    private McpServerPrimitiveCollection<McpServerTool> Collection() =>
    [
        McpServerTool.Create(GenerateVideoAsync, Options("generate_video", isReadOnly: false)),
        McpServerTool.Create(
            [Description("The models that can be named, with their defaults and limits.")] () => new ModelPage([.. service.Catalog.List().Select(ModelView.Of)]),
            Options("list_models", isReadOnly: true)),
        McpServerTool.Create(
            [Description("The device videos are made on, its memory, and how it is used.")] () => DeviceView.Of(service.Worker.Device),
            Options("device_info", isReadOnly: true)),
    ];

    private static McpServerToolCreateOptions Options(string name, bool isReadOnly)
        => new() { Name = name, ReadOnly = isReadOnly, Destructive = false, OpenWorld = false, UseStructuredContent = true, SerializerOptions = Json };
}

/// <summary>A video on disk.</summary>
/// <param name="Path">Of the file; a .json with all settings lies beside it.</param>
public sealed record MadeVideo(
    string Path, long Seed, string Size, int Frames, int Fps, int Steps, string Model, double? ElapsedSeconds, IReadOnlyList<string> Notes);
