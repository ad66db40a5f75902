namespace Hummingbird.Vulkan.Engine.Schedulers;

/// <summary>A sampler setting that is not possible; the message says what is.</summary>
public sealed class SchedulerException(string message) : ArgumentException(message);
