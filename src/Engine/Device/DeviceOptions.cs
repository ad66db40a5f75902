using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Device;

public enum Precision
{
    /// <summary>The device plan chooses.</summary>
    Auto,
    Fp16,
    Fp32,
}

/// <summary>What a user may ask of a device; everything left out is decided by <see cref="DevicePlan"/>.</summary>
public sealed record DeviceOptions
{
    /// <summary>Index in the list of devices, part of a name, or a device UUID; null takes the best device.</summary>
    public string? Selector { get; init; }

    public Precision Precision { get; init; }

    /// <summary>Upper bound of device memory in GiB; null leaves the bound to the driver.</summary>
    public double? MaxMemoryGiB { get; init; }

    /// <summary>Copies through staging buffers even where the host could write device memory directly.</summary>
    public bool ForceStaging { get; init; }

    /// <summary>A matrix family instead of the chosen one.</summary>
    public MatrixFamily? Matrix { get; init; }

    /// <summary>Keeps what the driver's compiler says of every pipeline (registers, spills).</summary>
    public bool PipelineStatistics { get; init; }

    /// <summary>Folder of compiled pipelines; null is the user's cache folder, empty keeps none.</summary>
    public string? PipelineCacheFolder { get; init; }

    /// <summary>Tiles measured on this device; null reads them from <see cref="TileCacheFolder"/> when a device is opened.</summary>
    public TunedTiles? Tiles { get; init; }

    /// <summary>Folder of measured tiles; null is the user's cache folder, empty keeps none.</summary>
    public string? TileCacheFolder { get; init; }

    /// <summary>Folder of what is known of the device's pace; null is the user's cache folder, empty keeps none.</summary>
    public string? PaceFolder { get; init; }

    /// <summary>Leaves the device to other programs for a moment behind every submit.</summary>
    public bool Yield { get; init; }

    /// <summary>Pretends that the device is so many times slower: its timestamps are multiplied, and work is cut for such a device.</summary>
    public double Slowdown { get; init; } = 1;

    /// <summary>A graph with more submits than this keeps none recorded: a driver takes kilobytes for each.</summary>
    public int MostKeptSubmits { get; init; } = 4096;

    /// <summary>Throws when a device is disposed before what was made from it.</summary>
    public bool ThrowOnLeaks { get; init; }
}
