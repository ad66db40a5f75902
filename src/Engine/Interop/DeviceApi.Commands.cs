namespace Hummingbird.Vulkan.Engine.Interop;

internal sealed unsafe partial class DeviceApi
{
    private const PipelineStageFlags WorkStages = PipelineStageFlags.ComputeShaderBit | PipelineStageFlags.TransferBit;
    private const AccessFlags WorkAccess = AccessFlags.ShaderReadBit | AccessFlags.ShaderWriteBit | AccessFlags.TransferReadBit | AccessFlags.TransferWriteBit;

    public CommandPool CreateCommandPool()
    {
        var create = new CommandPoolCreateInfo { QueueFamilyIndex = queueFamily };
        CommandPool pool;
        Check(vk.CreateCommandPool(handle, &create, null, &pool), "vkCreateCommandPool");
        return pool;
    }

    public void DestroyCommandPool(CommandPool pool) => vk.DestroyCommandPool(handle, pool, null);

    public void ResetCommandPool(CommandPool pool) => Check(vk.ResetCommandPool(handle, pool, CommandPoolResetFlags.None), "vkResetCommandPool");

    public CommandBuffer AllocateCommandBuffer(CommandPool pool)
    {
        var allocate = new CommandBufferAllocateInfo { CommandPool = pool, Level = CommandBufferLevel.Primary, CommandBufferCount = 1 };
        CommandBuffer commands;
        Check(vk.AllocateCommandBuffers(handle, &allocate, &commands), "vkAllocateCommandBuffers");
        return commands;
    }

    public void Begin(CommandBuffer commands)
    {
        // A recorded step may be queued again before its last run has ended.
        var begin = new CommandBufferBeginInfo { Flags = CommandBufferUsageFlags.SimultaneousUseBit };
        Check(vk.BeginCommandBuffer(commands, &begin), "vkBeginCommandBuffer");
    }

    public void End(CommandBuffer commands) => Check(vk.EndCommandBuffer(commands), "vkEndCommandBuffer");

    public void BindPipeline(CommandBuffer commands, Pipeline pipeline) => vk.CmdBindPipeline(commands, PipelineBindPoint.Compute, pipeline);

    public void PushConstants(CommandBuffer commands, PipelineLayout layout, ReadOnlySpan<byte> data)
    {
        fixed (byte* bytes = data)
        {
            vk.CmdPushConstants(commands, layout, ShaderStageFlags.ComputeBit, 0, (uint)data.Length, bytes);
        }
    }

    public void Dispatch(CommandBuffer commands, uint x, uint y, uint z) => vk.CmdDispatch(commands, x, y, z);

    public void DispatchBase(CommandBuffer commands, uint baseX, uint baseY, uint baseZ, uint x, uint y, uint z)
        => vk.CmdDispatchBase(commands, baseX, baseY, baseZ, x, y, z);

    /// <summary>Everything recorded before is finished and visible to all shaders and copies recorded after.</summary>
    public void WorkBarrier(CommandBuffer commands) => Barrier(commands, WorkStages, WorkAccess, WorkStages, WorkAccess);

    /// <summary>Everything recorded before is visible to the host once the submit has been waited for.</summary>
    public void HostBarrier(CommandBuffer commands)
        => Barrier(commands, WorkStages, WorkAccess, PipelineStageFlags.HostBit, AccessFlags.HostReadBit | AccessFlags.HostWriteBit);

    public void Copy(CommandBuffer commands, Buffer source, long sourceOffset, Buffer destination, long destinationOffset, long sizeInBytes)
    {
        var region = new BufferCopy { SrcOffset = (ulong)sourceOffset, DstOffset = (ulong)destinationOffset, Size = (ulong)sizeInBytes };
        vk.CmdCopyBuffer(commands, source, destination, 1, &region);
    }

    public void Fill(CommandBuffer commands, Buffer buffer, long offset, long sizeInBytes, uint value)
        => vk.CmdFillBuffer(commands, buffer, (ulong)offset, (ulong)sizeInBytes, value);

    public void Update(CommandBuffer commands, Buffer buffer, long offset, ReadOnlySpan<byte> data)
    {
        fixed (byte* bytes = data)
        {
            vk.CmdUpdateBuffer(commands, buffer, (ulong)offset, (ulong)data.Length, bytes);
        }
    }

    public QueryPool CreateTimestampPool(int count)
    {
        var create = new QueryPoolCreateInfo { QueryType = QueryType.Timestamp, QueryCount = (uint)count };
        QueryPool pool;
        Check(vk.CreateQueryPool(handle, &create, null, &pool), "vkCreateQueryPool");
        return pool;
    }

    public void DestroyQueryPool(QueryPool pool) => vk.DestroyQueryPool(handle, pool, null);

    public void ResetQueries(CommandBuffer commands, QueryPool pool, int first, int count)
        => vk.CmdResetQueryPool(commands, pool, (uint)first, (uint)count);

    public void WriteTimestamp(CommandBuffer commands, QueryPool pool, int index)
        => vk.CmdWriteTimestamp(commands, PipelineStageFlags.BottomOfPipeBit, pool, (uint)index);

    /// <returns>False when one of the timestamps has not been written yet.</returns>
    public bool TryReadTimestamps(QueryPool pool, int first, Span<ulong> ticks)
    {
        fixed (ulong* results = ticks)
        {
            Result result = vk.GetQueryPoolResults(handle, pool, (uint)first, (uint)ticks.Length,
                (nuint)(ticks.Length * sizeof(ulong)), results, sizeof(ulong), QueryResultFlags.Value64Bit);
            return Check(result, "vkGetQueryPoolResults") == Result.Success;
        }
    }

    private void Barrier(CommandBuffer commands, PipelineStageFlags before, AccessFlags written, PipelineStageFlags after, AccessFlags read)
    {
        var barrier = new MemoryBarrier { SrcAccessMask = written, DstAccessMask = read };
        vk.CmdPipelineBarrier(commands, before, after, DependencyFlags.None, 1, &barrier, 0, null, 0, null);
    }
}
