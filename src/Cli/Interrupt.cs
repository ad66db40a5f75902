using System.Runtime.InteropServices;

namespace Hummingbird.Vulkan.Cli;

/// <summary>Ctrl-C and SIGTERM: the first asks to stop, the second ends the process at once.</summary>
internal sealed class Interrupt : IDisposable
{
    private readonly CancellationTokenSource source = new();
    private readonly PosixSignalRegistration[] registrations;

    public Interrupt(Action onFirst)
    {
        void Handle(PosixSignalContext context)
        {
            if (source.IsCancellationRequested)
            {
                return; // The system's own handling follows: the process ends.
            }

            context.Cancel = true;
            onFirst();
            source.Cancel();
        }

        registrations = [PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle)];
    }

    public CancellationToken Token => source.Token;

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in registrations)
        {
            registration.Dispose();
        }

        source.Dispose();
    }
}
