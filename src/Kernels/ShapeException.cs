namespace Hummingbird.Vulkan.Kernels;

/// <summary>Shapes, types or strides that do not fit an operation; the message names the operation and the numbers.</summary>
public sealed class ShapeException(string message) : Exception(message);
