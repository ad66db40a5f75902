using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Graph;

namespace Hummingbird.Vulkan.Server.Jobs;

/// <summary>How the device is.</summary>
[System.Text.Json.Serialization.JsonConverter(typeof(SnakeCaseEnumConverter<DeviceHealth>))]
public enum DeviceHealth
{
    Starting,
    Ready,

    /// <summary>The driver lost it; it was opened again and has not finished a video since.</summary>
    Degraded,

    /// <summary>It cannot be opened; the next job tries again.</summary>
    Unavailable,
}

/// <summary>The worker's device: opened when needed, opened anew after the driver lost it.</summary>
/// <remarks>Only the worker's thread opens and closes; any thread may look.</remarks>
internal sealed class WorkerDevice(DeviceChoice choice) : IDisposable
{
    private volatile OpenDevice? open;

    public DeviceChoice Choice => choice;

    public DeviceHealth Health { get; private set; } = DeviceHealth.Starting;

    /// <summary>How often the driver has lost the device.</summary>
    public int Losses { get; private set; }

    /// <summary>Why it is unavailable.</summary>
    public string? Problem { get; private set; }

    /// <summary>The device as it is open now; null where it is not, or is the reference.</summary>
    public GpuDevice? Gpu => open is { } device ? (device.Backend as GpuBackend)?.Device ?? device.Device : null;

    public string? Name => open?.Backend.Name;

    public OpenDevice Open()
    {
        if (open is { } device)
        {
            return device;
        }

        try
        {
            device = choice.Open();
        }
        catch (Exception error)
        {
            (Health, Problem) = (DeviceHealth.Unavailable, PublicText.Of(error));
            throw;
        }

        (open, Problem) = (device, null);
        Health = Losses > 0 ? DeviceHealth.Degraded : DeviceHealth.Ready;
        return device;
    }

    public bool TryOpen(out Exception? problem)
    {
        problem = null;
        try
        {
            Open();
            return true;
        }
#pragma warning disable CA1031 // A machine without a usable driver serves its page all the same, and says so there.
        catch (Exception error)
#pragma warning restore CA1031
        {
            problem = error;
            return false;
        }
    }

    /// <summary>A video came out of it.</summary>
    public void HasWorked() => Health = DeviceHealth.Ready;

    /// <summary>Closes and opens a device that was lost, also one the engine has replaced already: every job may survive a loss of its own.</summary>
    public void ReplaceIfLost()
    {
        if (open is not { Device: { } first } device || (!first.IsLost && Gpu == first && !Gpu.IsLost))
        {
            return;
        }

        Losses++;
        Health = DeviceHealth.Degraded;
        open = null;
        device.Dispose();
        TryOpen(out _);
    }

    public void Dispose() => open?.Dispose();
}
