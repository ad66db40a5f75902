using System.Text;

namespace Hummingbird.Vulkan.Engine.Interop;

/// <summary>A logical device with its one queue, checked and free of pointers.</summary>
internal sealed unsafe partial class DeviceApi : IDisposable
{
    private readonly DeviceFunctions vk;
    private readonly uint queueFamily;
    private readonly string driver;
    private readonly Queue queue;
    private Device handle;
    private volatile bool isLost;

    public DeviceApi(DeviceFunctions functions, Device device, uint queueFamily, string driver)
    {
        vk = functions;
        handle = device;
        this.queueFamily = queueFamily;
        this.driver = driver;
        Queue first;
        vk.GetDeviceQueue(device, queueFamily, 0, &first);
        queue = first;
    }

    /// <summary>The driver reported VK_ERROR_DEVICE_LOST once: nothing but disposing is left to do.</summary>
    public bool IsLost => isLost;

    /// <summary>Name of the work submitted last, for the message when the device is lost.</summary>
    public string LastSubmit { get; private set; } = "nothing yet";

    /// <summary>Waits until the device does nothing more, whether it ended well or was lost.</summary>
    public void WaitIdle() => vk.DeviceWaitIdle(handle);

    /// <summary>Names an object in the validation layer's messages and in captures.</summary>
    public void SetName(ObjectType type, ulong objectHandle, string name)
    {
        if (vk.SetDebugUtilsObjectNameEXT is null)
        {
            return;
        }

        fixed (byte* text = Encoding.UTF8.GetBytes(name + "\0"))
        {
            var info = new DebugUtilsObjectNameInfoEXT { ObjectType = type, ObjectHandle = objectHandle, PObjectName = text };
            Check(vk.SetDebugUtilsObjectNameEXT(handle, &info), "vkSetDebugUtilsObjectNameEXT");
        }
    }

    public void Dispose()
    {
        if (handle != default)
        {
            vk.DestroyDevice(handle, null);
            handle = default;
        }
    }

    private Result Check(Result result, string call)
    {
        if (result >= Result.Success)
        {
            return result;
        }

        if (result == Result.ErrorDeviceLost)
        {
            isLost = true;
            throw new DeviceLostException(call, LastSubmit, driver);
        }

        throw new VulkanException(call, result);
    }
}
