using System.Net;
using System.Net.Sockets;
using Hummingbird.Vulkan.Server.Api;
using Hummingbird.Vulkan.Server.Jobs;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Hummingbird.Vulkan.Server;

/// <summary>The HTTP server: page, API and the worker behind them.</summary>
public sealed class VideoServer : IAsyncDisposable
{
    internal const int MaxBodyBytes = 64 << 10;

    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(2);

    private readonly ServerOptions options;
    private readonly VideoService service;
    private readonly WebApplication app;

    /// <exception cref="ServerException">The options do not go together, or the data folder cannot be used.</exception>
    public VideoServer(ServerOptions options)
    {
        if (options.Address is not null && !IPAddress.IsLoopback(options.Address) && string.IsNullOrEmpty(options.Token))
        {
            throw new ServerException($"Serving on {options.Address} lets others in: set a token first, in the variable HUMMINGBIRD_TOKEN or with --token-file.");
        }

        this.options = options;
        service = new(options);
        app = Build();
    }

    /// <summary>Where it listens, such as http://127.0.0.1:7860.</summary>
    public IReadOnlyList<string> Addresses { get; private set; } = [];

    internal VideoService Service => service;

    /// <exception cref="ServerException">The port cannot be had.</exception>
    public async Task StartAsync(CancellationToken cancellation = default)
    {
        try
        {
            await app.StartAsync(cancellation);
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            throw new ServerException($"Port {options.Port} cannot be had: {error.Message} Choose another with --port.", error);
        }

        Addresses = [.. app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses];
        service.Worker.Start();
    }

    public async ValueTask DisposeAsync()
    {
        using CancellationTokenSource limit = new(StopLimit);
        await app.StopAsync(limit.Token);
        await app.DisposeAsync();
        service.Dispose();
    }

    private WebApplication Build()
    {
        // Nothing is read from files of the working folder or from variables.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new() { ApplicationName = typeof(VideoServer).Assembly.GetName().Name });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(Configure);
        builder.Services.AddRouting();
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.PropertyNamingPolicy = System.Text.Json.JsonNamingPolicy.SnakeCaseLower;
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Default);
        });
        builder.Services.AddOpenApi(document => document.AddDocumentTransformer((api, _, _) =>
        {
            (api.Info.Title, api.Info.Version, api.Servers) = ("Hummingbird.Vulkan", Version, []);
            return Task.CompletedTask;
        }));
        WebApplication built = builder.Build();
        RequestGuard guard = new(options, service.Log);
        built.Use(next => context => guard.InvokeAsync(context, next));
        built.UseRouting();
        new VideoEndpoints(service, new EventStreams(built.Lifetime)).Map(built);
        MapSystem(built);
        PageFiles.Map(built);
        built.MapOpenApi("/openapi.json").ExcludeFromDescription();
        return built;
    }

    private static string Version => typeof(VideoServer).Assembly.GetName().Version?.ToString(3) ?? "0";

    private void MapSystem(WebApplication routes)
    {
        routes.MapGet("/v1/models", () => TypedResults.Json(new ModelPage([.. service.Catalog.List().Select(ModelView.Of)]), ApiJson.Default.ModelPage))
            .Produces<ModelPage>().WithSummary("Models with their defaults and limits.").WithName("listModels");
        routes.MapGet("/v1/device", () => TypedResults.Json(DeviceView.Of(service.Worker.Device), ApiJson.Default.DeviceView))
            .Produces<DeviceView>().WithSummary("The device, its memory, and every decision about it.").WithName("retrieveDevice");
        routes.MapGet("/healthz", () => TypedResults.Json(Health(), ApiJson.Default.HealthView))
            .Produces<HealthView>().WithSummary("Whether the server and its device are well.").WithName("health");
    }

    private HealthView Health()
    {
        (WorkerDevice device, VideoJobs jobs) = (service.Worker.Device, service.Jobs);
        string status = device.Health is DeviceHealth.Degraded or DeviceHealth.Unavailable ? "degraded" : "ok";
        return new(status, new(device.Name, device.Health, device.Losses), new(jobs.Running is not null, jobs.Waiting, jobs.Capacity), Version);
    }

    private void Configure(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        KestrelServerLimits limits = kestrel.Limits;
        limits.MaxRequestBodySize = MaxBodyBytes;
        limits.MaxRequestHeadersTotalSize = 16 << 10;
        limits.MaxRequestHeaderCount = 64;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(30);
        limits.MaxConcurrentConnections = 100;
        limits.MaxConcurrentUpgradedConnections = 0;
        limits.MinRequestBodyDataRate = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
        if (options.Address is { } address)
        {
            kestrel.Listen(address, options.Port, Http1);
            return;
        }

        kestrel.Listen(IPAddress.Loopback, options.Port, Http1);
        if (options.Port != 0 && CanBind(IPAddress.IPv6Loopback))
        {
            kestrel.Listen(IPAddress.IPv6Loopback, options.Port, Http1);
        }
    }

    private static void Http1(ListenOptions listen) => listen.Protocols = HttpProtocols.Http1;

    /// <summary>Whether this machine has the address at all.</summary>
    private static bool CanBind(IPAddress address)
    {
        try
        {
            using Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(address, 0));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
