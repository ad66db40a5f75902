namespace Hummingbird.Vulkan.Engine.Interop;

internal sealed unsafe partial class InstanceApi
{
    public SurfaceKHR CreateSurface(Glfw glfw, GlfwWindow window) => glfw.CreateSurface(handle, window);

    public void DestroySurface(SurfaceKHR surface) => vk.DestroySurfaceKHR(handle, surface, null);

    public bool CanPresent(PhysicalDevice device, int queueFamily, SurfaceKHR surface)
    {
        Bool32 supported;
        vk.GetPhysicalDeviceSurfaceSupportKHR(device, (uint)queueFamily, surface, &supported).ThrowOnError("vkGetPhysicalDeviceSurfaceSupportKHR");
        return supported;
    }

    public SurfaceCapabilitiesKHR Capabilities(PhysicalDevice device, SurfaceKHR surface)
    {
        SurfaceCapabilitiesKHR capabilities;
        vk.GetPhysicalDeviceSurfaceCapabilitiesKHR(device, surface, &capabilities).ThrowOnError("vkGetPhysicalDeviceSurfaceCapabilitiesKHR");
        return capabilities;
    }

    public SurfaceFormatKHR[] Formats(PhysicalDevice device, SurfaceKHR surface)
    {
        uint count = 0;
        vk.GetPhysicalDeviceSurfaceFormatsKHR(device, surface, &count, null).ThrowOnError("vkGetPhysicalDeviceSurfaceFormatsKHR");
        var formats = new SurfaceFormatKHR[count];
        fixed (SurfaceFormatKHR* first = formats)
        {
            vk.GetPhysicalDeviceSurfaceFormatsKHR(device, surface, &count, first).ThrowOnError("vkGetPhysicalDeviceSurfaceFormatsKHR");
        }

        return formats;
    }
}
