using System.Collections.Concurrent;
using Hummingbird.Vulkan.Engine.Interop;

namespace Hummingbird.Vulkan.Engine.Device;

public enum ValidationSeverity
{
    Warning,
    Error,
}

public sealed record ValidationMessage(ValidationSeverity Severity, string Id, string Text);

/// <summary>What the Vulkan validation layer said, from any thread.</summary>
public sealed class ValidationLog
{
    private readonly ConcurrentQueue<ValidationMessage> messages = new();

    internal ValidationLog()
    {
        Sink = new LogSink(this);
    }

    public IReadOnlyCollection<ValidationMessage> Messages => messages;

    public int Errors => messages.Count(m => m.Severity == ValidationSeverity.Error);

    public int Warnings => messages.Count(m => m.Severity == ValidationSeverity.Warning);

    internal ValidationSink Sink { get; }

    public void Clear() => messages.Clear();

    private sealed class LogSink(ValidationLog log) : ValidationSink
    {
        public override void Receive(DebugUtilsMessageSeverityFlagsEXT severity, string id, string message)
            => log.messages.Enqueue(new(
                severity.HasFlag(DebugUtilsMessageSeverityFlagsEXT.ErrorBitExt) ? ValidationSeverity.Error : ValidationSeverity.Warning, id, message));
    }
}
