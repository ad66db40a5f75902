using Hummingbird.Vulkan.Engine.Compute;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Interop;
using Hummingbird.Vulkan.Engine.Memory;

namespace Hummingbird.Vulkan.Engine.Window;

/// <summary>A window's surface and swapchain on a device of its own: the one that computes is left alone.</summary>
/// <remarks>A frame is scaled on the host and copied into the swapchain's image; at a window's size that is cheap, and it needs no
/// pipeline.</remarks>
internal sealed class Screen : IDisposable
{
    private readonly Glfw glfw;
    private readonly GlfwWindow window;
    private readonly VulkanInstance vulkan;
    private readonly GpuDevice device;
    private readonly int deviceIndex;
    private readonly SurfaceKHR surface;
    private readonly SurfaceFormatKHR format;
    private readonly Fence fence;
    private readonly CommandRecorder recorder;
    private SwapchainKHR swapchain;
    private Image[] images = [];
    private GpuBuffer? pixels;
    private Extent2D extent;

    public Screen(Glfw glfw, GlfwWindow window, string? selector)
    {
        (this.glfw, this.window) = (glfw, window);
        vulkan = VulkanInstance.Create(validation: false, glfw.RequiredExtensions());
        surface = vulkan.Api.CreateSurface(glfw, window);
        deviceIndex = DeviceSelection.Choose(vulkan.Snapshots, selector).Index;
        device = OpenDevice();
        SurfaceFormatKHR[] formats = vulkan.FormatsOf(deviceIndex, surface);
        format = formats.FirstOrDefault(f => f.Format is Format.B8g8r8a8Unorm or Format.R8g8b8a8Unorm, formats[0]);
        fence = device.Api.CreateFence();
        recorder = new(device, "window");
    }

    /// <summary>Shows a frame as large as the window allows, on black.</summary>
    /// <param name="rgb">RGB8 [height, width, 3].</param>
    public void Show(ReadOnlySpan<byte> rgb, int width, int height)
    {
        if (images.Length == 0 && !CreateSwapchain())
        {
            return; // Minimised: there is nothing to draw on.
        }

        if (device.Api.Acquire(swapchain, fence) is not int index)
        {
            DestroySwapchain();
            return;
        }

        bool isBlueFirst = format.Format is Format.B8g8r8a8Unorm or Format.B8g8r8a8Srgb;
        FrameScaling.Fit(rgb, width, height, pixels!.Map(0, (int)pixels.SizeInBytes), (int)extent.Width, (int)extent.Height, isBlueFirst);
        recorder.Begin();
        device.Api.CopyToScreen(recorder.Commands, pixels.Handle, images[index], extent.Width, extent.Height);
        recorder.End();
        device.Queue.Wait(device.Queue.Submit(recorder));
        if (!device.Api.Present(swapchain, index))
        {
            DestroySwapchain();
        }
    }

    public void Dispose()
    {
        device.Queue.WaitQuietly();
        recorder.Dispose();
        DestroySwapchain();
        device.Api.DestroyFence(fence);
        device.Dispose();
        vulkan.Api.DestroySurface(surface);
        vulkan.Dispose();
    }

    private GpuDevice OpenDevice()
    {
        DeviceSnapshot snapshot = vulkan.Snapshots[deviceIndex];
        if (!snapshot.Extensions.Contains(ExtensionNames.KhrSwapchain))
        {
            throw new WindowException($"{snapshot.Name} cannot draw into windows: its driver lacks {ExtensionNames.KhrSwapchain}.");
        }

        int[] families = [.. Enumerable.Range(0, snapshot.QueueFamilies.Length).Where(f => snapshot.QueueFamilies[f].Compute && vulkan.CanPresent(deviceIndex, f, surface))];
        if (families.Length == 0)
        {
            throw new WindowException($"{snapshot.Name} cannot draw into windows of this display.");
        }

        DevicePlan plan = DevicePlan.Decide(snapshot, new() { PipelineCacheFolder = "", TileCacheFolder = "" });
        plan = plan with { QueueFamily = families.Contains(plan.QueueFamily) ? plan.QueueFamily : families[0], Extensions = plan.Extensions.Add(ExtensionNames.KhrSwapchain) };
        return GpuDevice.Open(vulkan, snapshot, plan, "draws the window");
    }

    /// <returns>False when the window has no area now.</returns>
    private bool CreateSwapchain()
    {
        SurfaceCapabilitiesKHR capabilities = vulkan.CapabilitiesOf(deviceIndex, surface);
        (int width, int height) = glfw.SizeOf(window);
        extent = capabilities.CurrentExtent.Width != uint.MaxValue ? capabilities.CurrentExtent : new()
        {
            Width = Math.Clamp((uint)width, capabilities.MinImageExtent.Width, capabilities.MaxImageExtent.Width),
            Height = Math.Clamp((uint)height, capabilities.MinImageExtent.Height, capabilities.MaxImageExtent.Height),
        };
        if (extent.Width == 0 || extent.Height == 0)
        {
            return false;
        }

        uint most = capabilities.MaxImageCount == 0 ? uint.MaxValue : capabilities.MaxImageCount;
        swapchain = device.Api.CreateSwapchain(new()
        {
            Surface = surface,
            MinImageCount = Math.Min(capabilities.MinImageCount + 1, most),
            ImageFormat = format.Format,
            ImageColorSpace = format.ColorSpace,
            ImageExtent = extent,
            ImageArrayLayers = 1,
            ImageUsage = ImageUsageFlags.TransferDstBit,
            ImageSharingMode = SharingMode.Exclusive,
            PreTransform = capabilities.CurrentTransform,
            CompositeAlpha = capabilities.SupportedCompositeAlpha.HasFlag(CompositeAlphaFlagsKHR.OpaqueBitKhr) ? CompositeAlphaFlagsKHR.OpaqueBitKhr : CompositeAlphaFlagsKHR.InheritBitKhr,
            PresentMode = PresentModeKHR.FifoKhr,
            Clipped = true,
        });
        images = device.Api.ImagesOf(swapchain);
        pixels = new(device, 4L * extent.Width * extent.Height, MemoryClass.Staging, "the window's pixels");
        return true;
    }

    private void DestroySwapchain()
    {
        if (images.Length > 0)
        {
            device.Queue.WaitQuietly();
            pixels!.Dispose();
            device.Api.DestroySwapchain(swapchain);
            images = [];
        }
    }
}
