namespace Hummingbird.Vulkan.Engine.Media;

/// <summary>A video or its metadata could not be written or read; the message says which, why and what to do.</summary>
public sealed class MediaException(string message, Exception? inner = null) : Exception(message, inner);
