namespace Hummingbird.Vulkan.Engine.Interop;

internal sealed unsafe partial class DeviceApi
{
    public Buffer CreateBuffer(long sizeInBytes)
    {
        var create = new BufferCreateInfo
        {
            Size = (ulong)sizeInBytes,
            Usage = BufferUsageFlags.StorageBufferBit | BufferUsageFlags.ShaderDeviceAddressBit
                | BufferUsageFlags.TransferSrcBit | BufferUsageFlags.TransferDstBit,
            SharingMode = SharingMode.Exclusive,
        };
        Buffer buffer;
        Check(vk.CreateBuffer(handle, &create, null, &buffer), "vkCreateBuffer");
        return buffer;
    }

    public void DestroyBuffer(Buffer buffer) => vk.DestroyBuffer(handle, buffer, null);

    public MemoryRequirements RequirementsOf(Buffer buffer)
    {
        MemoryRequirements requirements;
        vk.GetBufferMemoryRequirements(handle, buffer, &requirements);
        return requirements;
    }

    /// <returns>False when the heap is exhausted.</returns>
    public bool TryAllocate(ulong sizeInBytes, int memoryType, out DeviceMemory memory)
    {
        var flags = new MemoryAllocateFlagsInfo { Flags = MemoryAllocateFlags.DeviceAddressBit };
        var allocate = new MemoryAllocateInfo { PNext = &flags, AllocationSize = sizeInBytes, MemoryTypeIndex = (uint)memoryType };
        DeviceMemory allocated;
        Result result = vk.AllocateMemory(handle, &allocate, null, &allocated);
        if (result is Result.ErrorOutOfDeviceMemory or Result.ErrorOutOfHostMemory or Result.ErrorTooManyObjects)
        {
            memory = default;
            return false;
        }

        Check(result, "vkAllocateMemory");
        memory = allocated;
        return true;
    }

    public void FreeMemory(DeviceMemory memory) => vk.FreeMemory(handle, memory, null);

    public void Bind(Buffer buffer, DeviceMemory memory)
        => Check(vk.BindBufferMemory(handle, buffer, memory, 0), "vkBindBufferMemory");

    /// <summary>Maps a whole allocation; freeing it unmaps it.</summary>
    public nint Map(DeviceMemory memory)
    {
        void* address;
        Check(vk.MapMemory(handle, memory, 0, ulong.MaxValue, MemoryMapFlags.None, &address), "vkMapMemory");
        return (nint)address;
    }

    public ulong AddressOf(Buffer buffer)
    {
        var info = new BufferDeviceAddressInfo { Buffer = buffer };
        return vk.GetBufferDeviceAddress(handle, &info);
    }
}
