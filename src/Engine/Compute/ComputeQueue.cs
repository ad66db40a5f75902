using Hummingbird.Vulkan.Engine.Interop;
using Semaphore = Hummingbird.Vulkan.Engine.Interop.Semaphore;

namespace Hummingbird.Vulkan.Engine.Compute;

/// <summary>A submit that can be waited for; the default value is one that has long ended.</summary>
public readonly record struct SubmitTicket(ulong Value);

/// <summary>The device's one queue: recorded commands run in the order they are submitted. Safe from several threads.</summary>
public sealed class ComputeQueue : IDisposable
{
    // How long a cancellation may go unnoticed.
    private static readonly TimeSpan WaitSlice = TimeSpan.FromMilliseconds(100);

    private readonly DeviceApi api;
    private readonly Semaphore timeline;
    private readonly Lock gate = new();
    private ulong submitted;
    private bool isDisposed;

    internal ComputeQueue(DeviceApi api)
    {
        this.api = api;
        timeline = api.CreateTimeline();
    }

    /// <summary>Submits made so far.</summary>
    public long Submits => (long)Volatile.Read(ref submitted);

    /// <exception cref="DeviceLostException">The driver lost the device.</exception>
    public SubmitTicket Submit(CommandRecorder recorder)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        if (!recorder.IsReady)
        {
            throw new InvalidOperationException($"\"{recorder.Name}\" is not recorded to its End.");
        }

        lock (gate)
        {
            api.Submit(recorder.Commands, timeline, submitted + 1, recorder.Name);
            Volatile.Write(ref submitted, submitted + 1);
            recorder.LastSubmit = new(submitted);
            return recorder.LastSubmit;
        }
    }

    /// <summary>Waits for one submit, and with it for all before it.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; the device goes on with what was submitted.</exception>
    /// <exception cref="DeviceLostException">The driver lost the device.</exception>
    public void Wait(SubmitTicket ticket, CancellationToken cancellation = default)
    {
        if (ticket.Value == 0)
        {
            return;
        }

        ObjectDisposedException.ThrowIf(isDisposed, this);
        do
        {
            cancellation.ThrowIfCancellationRequested();
        }
        while (!api.Wait(timeline, ticket.Value, WaitSlice));
    }

    /// <summary>Waits for everything submitted so far.</summary>
    public void Wait(CancellationToken cancellation = default) => Wait(new SubmitTicket(Volatile.Read(ref submitted)), cancellation);

    /// <summary>Whether a submit has ended, without waiting.</summary>
    public bool IsDone(SubmitTicket ticket) => ticket.Value == 0 || api.ValueOf(timeline) >= ticket.Value;

    public void Dispose()
    {
        if (!isDisposed)
        {
            isDisposed = true;
            api.DestroySemaphore(timeline);
        }
    }

    /// <summary>Waits before something is destroyed. Disposing must not fail: whoever submitted hears of a lost device.</summary>
    internal void WaitQuietly()
    {
        if (isDisposed)
        {
            return;
        }

        try
        {
            if (!api.IsLost)
            {
                Wait();
                return;
            }
        }
        catch (DeviceLostException)
        {
            // Handled as below.
        }

        // After a loss values of the timeline mean nothing. The gate: waiting for the device counts as using its queue.
        lock (gate)
        {
            api.WaitIdle();
        }
    }
}
