namespace Hummingbird.Vulkan.Engine.Interop;

internal sealed unsafe partial class DeviceApi
{
    public Semaphore CreateTimeline()
    {
        var type = new SemaphoreTypeCreateInfo { SemaphoreType = SemaphoreType.Timeline };
        var create = new SemaphoreCreateInfo { PNext = &type };
        Semaphore semaphore;
        Check(vk.CreateSemaphore(handle, &create, null, &semaphore), "vkCreateSemaphore");
        return semaphore;
    }

    public void DestroySemaphore(Semaphore semaphore) => vk.DestroySemaphore(handle, semaphore, null);

    /// <summary>Makes the next submit report a lost device, to test what happens then.</summary>
    public bool LosesNextSubmit { get; set; }

    /// <summary>Queues recorded commands; <paramref name="timeline"/> reaches <paramref name="value"/> when they are done.</summary>
    /// <remarks>The caller serialises submits. Commands of one submit begin after those of the one before have begun,
    /// and are ordered after them by the barrier every recording starts with.</remarks>
    public void Submit(CommandBuffer commands, Semaphore timeline, ulong value, string name)
    {
        LastSubmit = name;
        var signal = new TimelineSemaphoreSubmitInfo { SignalSemaphoreValueCount = 1, PSignalSemaphoreValues = &value };
        var submit = new SubmitInfo
        {
            PNext = &signal,
            CommandBufferCount = 1,
            PCommandBuffers = &commands,
            SignalSemaphoreCount = 1,
            PSignalSemaphores = &timeline,
        };
        Check(LosesNextSubmit ? Result.ErrorDeviceLost : vk.QueueSubmit(queue, 1, &submit, default), "vkQueueSubmit");
    }

    /// <returns>False when <paramref name="timeout"/> passed first.</returns>
    public bool Wait(Semaphore timeline, ulong value, TimeSpan timeout)
    {
        var wait = new SemaphoreWaitInfo { SemaphoreCount = 1, PSemaphores = &timeline, PValues = &value };
        Result result = vk.WaitSemaphores(handle, &wait, (ulong)(timeout.Ticks * TimeSpan.NanosecondsPerTick));
        return Check(result, "vkWaitSemaphores") == Result.Success;
    }

    public ulong ValueOf(Semaphore timeline)
    {
        ulong value;
        Check(vk.GetSemaphoreCounterValue(handle, timeline, &value), "vkGetSemaphoreCounterValue");
        return value;
    }
}
