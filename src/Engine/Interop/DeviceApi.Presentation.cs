namespace Hummingbird.Vulkan.Engine.Interop;

internal sealed unsafe partial class DeviceApi
{
    public SwapchainKHR CreateSwapchain(SwapchainCreateInfoKHR create)
    {
        SwapchainKHR swapchain;
        Check(vk.CreateSwapchainKHR(handle, &create, null, &swapchain), "vkCreateSwapchainKHR");
        return swapchain;
    }

    public void DestroySwapchain(SwapchainKHR swapchain) => vk.DestroySwapchainKHR(handle, swapchain, null);

    public Image[] ImagesOf(SwapchainKHR swapchain)
    {
        uint count = 0;
        Check(vk.GetSwapchainImagesKHR(handle, swapchain, &count, null), "vkGetSwapchainImagesKHR");
        var images = new Image[count];
        fixed (Image* first = images)
        {
            Check(vk.GetSwapchainImagesKHR(handle, swapchain, &count, first), "vkGetSwapchainImagesKHR");
        }

        return images;
    }

    /// <summary>The next image to write, waited for; null when the window has changed and the swapchain must follow.</summary>
    public int? Acquire(SwapchainKHR swapchain, Fence fence)
    {
        uint index;
        Result result = vk.AcquireNextImageKHR(handle, swapchain, ulong.MaxValue, default, fence, &index);
        if (result == Result.ErrorOutOfDateKhr)
        {
            return null;
        }

        Check(result, "vkAcquireNextImageKHR");
        Check(vk.WaitForFences(handle, 1, &fence, true, ulong.MaxValue), "vkWaitForFences");
        Check(vk.ResetFences(handle, 1, &fence), "vkResetFences");
        return (int)index;
    }

    /// <summary>Shows an image whose commands have been waited for.</summary>
    /// <returns>False when the swapchain must follow the window.</returns>
    public bool Present(SwapchainKHR swapchain, int image)
    {
        uint index = (uint)image;
        var present = new PresentInfoKHR { SwapchainCount = 1, PSwapchains = &swapchain, PImageIndices = &index };
        Result result = vk.QueuePresentKHR(queue, &present);
        if (result is Result.ErrorOutOfDateKhr or Result.SuboptimalKhr)
        {
            return false;
        }

        Check(result, "vkQueuePresentKHR");
        return true;
    }

    public Fence CreateFence()
    {
        var create = new FenceCreateInfo();
        Fence fence;
        Check(vk.CreateFence(handle, &create, null, &fence), "vkCreateFence");
        return fence;
    }

    public void DestroyFence(Fence fence) => vk.DestroyFence(handle, fence, null);

    /// <summary>Fills an image from a buffer of [height, width, 4] bytes and leaves it ready to be shown.</summary>
    public void CopyToScreen(CommandBuffer commands, Buffer source, Image target, uint width, uint height)
    {
        ImageBarrier(commands, target, ImageLayout.Undefined, ImageLayout.TransferDstOptimal, AccessFlags.None, AccessFlags.TransferWriteBit);
        var region = new BufferImageCopy
        {
            ImageSubresource = new() { AspectMask = ImageAspectFlags.ColorBit, LayerCount = 1 },
            ImageExtent = new() { Width = width, Height = height, Depth = 1 },
        };
        vk.CmdCopyBufferToImage(commands, source, target, ImageLayout.TransferDstOptimal, 1, &region);
        ImageBarrier(commands, target, ImageLayout.TransferDstOptimal, ImageLayout.PresentSrcKhr, AccessFlags.TransferWriteBit, AccessFlags.None);
    }

    private void ImageBarrier(CommandBuffer commands, Image image, ImageLayout before, ImageLayout after, AccessFlags written, AccessFlags used)
    {
        const uint Ignored = uint.MaxValue; // VK_QUEUE_FAMILY_IGNORED
        var barrier = new ImageMemoryBarrier
        {
            SrcAccessMask = written,
            DstAccessMask = used,
            OldLayout = before,
            NewLayout = after,
            SrcQueueFamilyIndex = Ignored,
            DstQueueFamilyIndex = Ignored,
            Image = image,
            SubresourceRange = new() { AspectMask = ImageAspectFlags.ColorBit, LevelCount = 1, LayerCount = 1 },
        };
        vk.CmdPipelineBarrier(commands, PipelineStageFlags.TransferBit, PipelineStageFlags.TransferBit, DependencyFlags.None, 0, null, 0, null, 1, &barrier);
    }
}
