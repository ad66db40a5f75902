using Hummingbird.Vulkan.Server.Api;
using Hummingbird.Vulkan.Server.Jobs;

namespace Hummingbird.Vulkan.Server;

/// <summary>What makes videos, whoever asks: the jobs, the models, the worker and its device.</summary>
internal sealed class VideoService : IDisposable
{
    /// <exception cref="ServerException">The data folder cannot be used.</exception>
    public VideoService(ServerOptions options)
    {
        Log = new(options.Say);
        Store = new(options.DataFolder);
        Jobs = new(Store, options);
        Catalog = new(options.ModelsFolder, options.Pulled, Log.Say, options.Model);
        Worker = new(Jobs, Store, Catalog, options.Device, Log);
        Admission = new(Catalog, Worker.Device);
    }

    public ServerLog Log { get; }

    public JobStore Store { get; }

    public VideoJobs Jobs { get; }

    public ModelCatalog Catalog { get; }

    public VideoWorker Worker { get; }

    public Admission Admission { get; }

    /// <exception cref="ApiException">The request cannot be fulfilled (400), or the line is full (429).</exception>
    public VideoJob Add(VideoRequest request)
    {
        VideoSettings settings = Admission.Admit(request);
        if (Jobs.Waiting >= Jobs.Capacity)
        {
            throw Full();
        }

        Admission.CheckMemory(settings);
        return Jobs.TryAdd(settings, out VideoJob? job) ? job : throw Full();
    }

    public void Dispose()
    {
        Worker.Dispose();
        Jobs.Dispose();
        Catalog.Dispose();
        Store.Dispose();
    }

    private ApiException Full() => new(StatusCodes.Status429TooManyRequests, $"{Jobs.Capacity} videos are waiting already. Try again in {Jobs.RetryAfterSeconds} s.")
    {
        Code = "queue_full", RetryAfterSeconds = Jobs.RetryAfterSeconds,
    };
}
