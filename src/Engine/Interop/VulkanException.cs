namespace Hummingbird.Vulkan.Engine.Interop;

/// <summary>A Vulkan function returned an error.</summary>
public class VulkanException : Exception
{
    internal VulkanException(string call, Result result, string? advice = null)
        : base($"{call} returned {NameOf(result)} ({(int)result}).{(advice is null ? "" : " " + advice)}")
    {
        Call = call;
        Code = (int)result;
    }

    /// <summary>The function: vkQueueSubmit.</summary>
    public string Call { get; }

    /// <summary>The VkResult.</summary>
    public int Code { get; }

    private static string NameOf(Result result) => result switch
    {
        Result.ErrorOutOfHostMemory => "VK_ERROR_OUT_OF_HOST_MEMORY",
        Result.ErrorOutOfDeviceMemory => "VK_ERROR_OUT_OF_DEVICE_MEMORY",
        Result.ErrorInitializationFailed => "VK_ERROR_INITIALIZATION_FAILED",
        Result.ErrorDeviceLost => "VK_ERROR_DEVICE_LOST",
        Result.ErrorIncompatibleDriver => "VK_ERROR_INCOMPATIBLE_DRIVER",
        Result.ErrorExtensionNotPresent => "VK_ERROR_EXTENSION_NOT_PRESENT",
        Result.ErrorFeatureNotPresent => "VK_ERROR_FEATURE_NOT_PRESENT",
        Result.ErrorLayerNotPresent => "VK_ERROR_LAYER_NOT_PRESENT",
        Result.ErrorTooManyObjects => "VK_ERROR_TOO_MANY_OBJECTS",
        _ => result.ToString(),
    };
}

/// <summary>The driver reset the GPU or lost it; everything on the device is gone and it must be opened anew.</summary>
public sealed class DeviceLostException : VulkanException
{
    internal DeviceLostException(string call, string lastSubmit, string driver)
        : base(call, Result.ErrorDeviceLost,
            $"The GPU was reset while it ran \"{lastSubmit}\" (driver {driver}). The usual cause is one submit that runs longer than the "
            + "system's GPU time limit (2 s on Windows and on recent Linux kernels). Open the device again and submit less work at a time; "
            + "if it happens with short submits as well, update the driver.")
        => LastSubmit = lastSubmit;

    /// <summary>Name of the last work submitted.</summary>
    public string LastSubmit { get; }
}

/// <summary>No usable Vulkan on this machine; the message says what to install.</summary>
public sealed class VulkanUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

internal static class ResultExtensions
{
    public static void ThrowOnError(this Result result, string call)
    {
        if (result < Result.Success)
        {
            throw new VulkanException(call, result);
        }
    }
}
