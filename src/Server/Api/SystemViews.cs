using System.Diagnostics;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Schedulers;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Server.Jobs;

namespace Hummingbird.Vulkan.Server.Api;

public sealed record ModelPage(IReadOnlyList<ModelView> Data)
{
    public string Object { get; } = "list";
}

/// <summary>OpenAI's model object, with what a form needs to know.</summary>
public sealed record ModelView(string Id, ModelDefaults Defaults, ModelLimits Limits)
{
    public string Object { get; } = "model";

    public long Created { get; }

    public string OwnedBy { get; } = "hummingbird";

    internal static ModelView Of(CatalogModel model)
    {
        GenerationDefaults d = model.Description.Index.Defaults;
        return new(
            model.Name,
            new(d.Width, d.Height, d.Frames, d.Fps, d.Steps, d.GuidanceScale, d.Sampler, d.Prompt),
            new(
                RequestCheck.PixelUnit(model.Description), RequestCheck.MaxSide, RequestCheck.MaxFrames, RequestCheck.MaxSteps, Admission.MaxPixels,
                Admission.MaxPixelSteps, Admission.MaxPromptLength, !RequestCheck.HasEmbeddedGuidance(model.Description), Samplers.Names, Enum.GetValues<OutputFormat>()));
    }
}

public sealed record ModelDefaults(int Width, int Height, int NumFrames, int Fps, int NumInferenceSteps, double GuidanceScale, string Scheduler, string? Prompt);

/// <param name="SizeMultiple">Width and height are multiples of it.</param>
/// <param name="Pixels">Of width x height x frames.</param>
/// <param name="PixelSteps">Of width x height x frames x steps.</param>
public sealed record ModelLimits(
    int SizeMultiple, int MaxSide, int MaxFrames, int MaxSteps, long Pixels, long PixelSteps, int PromptLength, bool NegativePrompt,
    IReadOnlyList<string> Schedulers, IReadOnlyList<OutputFormat> OutputFormats);

/// <summary>The device, what it may use, and every decision about it.</summary>
public sealed record DeviceView(string? Name, DeviceHealth State, string? Problem)
{
    public string? Kind { get; init; }

    public string? Driver { get; init; }

    public string? ApiVersion { get; init; }

    public required string Precision { get; init; }

    public required MemoryView Memory { get; init; }

    public IReadOnlyList<DecisionView> Plan { get; init; } = [];

    internal static DeviceView Of(WorkerDevice device)
    {
        GpuDevice? gpu = device.Gpu;
        using Process process = Process.GetCurrentProcess();
        StorageTypes storage = gpu is null ? StorageTypes.Single : new(gpu.Plan.ActivationType, gpu.Plan.WeightType);
        return new(device.Name, device.Health, device.Problem)
        {
            Kind = gpu?.Snapshot.Kind.ToString().ToLowerInvariant() ?? (device.Choice.IsReference ? "reference" : null),
            Driver = gpu?.Snapshot.Driver,
            ApiVersion = gpu?.Snapshot.ApiVersion,
            Precision = device.Choice.PrecisionOf(storage),
            Memory = new(gpu?.Memory.LimitInBytes, gpu?.Memory.UsedInBytes, gpu?.Memory.PeakInBytes, process.WorkingSet64),
            Plan = [.. gpu?.Plan.Decisions.Select(d => new DecisionView(d.What, d.Choice, d.Reason)) ?? []],
        };
    }
}

/// <param name="BudgetBytes">Device memory that may be used.</param>
/// <param name="UsedBytes">Device memory in use now.</param>
/// <param name="PeakBytes">The most that was in use at once.</param>
/// <param name="ProcessBytes">Physical memory of the server's process.</param>
public sealed record MemoryView(long? BudgetBytes, long? UsedBytes, long? PeakBytes, long ProcessBytes);

public sealed record DecisionView(string What, string Choice, string Reason);

/// <summary>Whether the server lives, and how its device is.</summary>
/// <param name="Status">"ok", or "degraded" when the device is lost or cannot be opened.</param>
public sealed record HealthView(string Status, DeviceHealthView Device, QueueView Queue, string Version);

public sealed record DeviceHealthView(string? Name, DeviceHealth State, int Losses);

public sealed record QueueView(bool Running, int Waiting, int Capacity);
