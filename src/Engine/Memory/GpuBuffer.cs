using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Interop;
using Buffer = Hummingbird.Vulkan.Engine.Interop.Buffer;

namespace Hummingbird.Vulkan.Engine.Memory;

/// <summary>What memory is for; decides where it lies.</summary>
public enum MemoryClass
{
    Weights,
    Activations,

    /// <summary>Written by the host, copied by the device.</summary>
    Staging,

    /// <summary>Copied by the device, read by the host.</summary>
    Readback,
}

/// <summary>A buffer with its own allocation and a device address.</summary>
public sealed unsafe class GpuBuffer : IDisposable
{
    private readonly GpuDevice device;
    private readonly DeviceMemory memory;
    private readonly long allocatedInBytes;
    private byte* mapped;
    private bool isDisposed;

    /// <exception cref="OutOfGpuMemoryException">The budget or every suitable heap is exhausted.</exception>
    public GpuBuffer(GpuDevice device, long sizeInBytes, MemoryClass memoryClass, string? name = null)
    {
        this.device = device;
        SizeInBytes = sizeInBytes;
        Class = memoryClass;
        string what = name ?? $"a buffer of {memoryClass.ToString().ToLowerInvariant()}";
        CheckSize(device.Plan, sizeInBytes, what);
        DeviceApi api = device.Api;
        Handle = api.CreateBuffer(sizeInBytes);
        try
        {
            MemoryRequirements requirements = api.RequirementsOf(Handle);
            device.Memory.Take((long)requirements.Size, what);
            allocatedInBytes = (long)requirements.Size;
            (memory, MemoryTypeFacts type) = Allocate(requirements, what);
            api.Bind(Handle, memory);
            bool isForHost = memoryClass is MemoryClass.Staging or MemoryClass.Readback;
            if (isForHost || (device.Plan.IsDirect && type.IsHostVisible && type.IsHostCoherent))
            {
                mapped = (byte*)api.Map(memory);
            }

            IsCached = type.IsHostCached;
            Address = api.AddressOf(Handle);
            api.SetName(ObjectType.Buffer, Handle.Handle, what);
        }
        catch
        {
            Release();
            throw;
        }
    }

    public long SizeInBytes { get; }

    public MemoryClass Class { get; }

    /// <summary>Where shaders see the first byte.</summary>
    public ulong Address { get; }

    /// <summary>The host can read and write it in place.</summary>
    public bool IsMapped => mapped is not null;

    /// <summary>Reading through the mapping is as fast as ordinary memory.</summary>
    public bool IsCached { get; }

    internal GpuDevice Device => device;

    internal Buffer Handle { get; }

    /// <summary>The bytes themselves. The caller sees to it that no submit uses them meanwhile.</summary>
    /// <exception cref="InvalidOperationException">The buffer is not mapped.</exception>
    public Span<byte> Map(long offset, int length)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + length, SizeInBytes);
        return mapped is not null
            ? new Span<byte>(mapped + offset, length)
            : throw new InvalidOperationException("This buffer lies in memory the host cannot see: use Upload and Download.");
    }

    public void Dispose()
    {
        if (!isDisposed)
        {
            isDisposed = true;
            device.Queue.WaitQuietly();
            Release();
        }
    }

    private static void CheckSize(DevicePlan plan, long sizeInBytes, string what)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sizeInBytes, 1);
        if (sizeInBytes > plan.MaxBufferSizeInBytes)
        {
            throw new OutOfGpuMemoryException(what, sizeInBytes, 0, plan.MaxBufferSizeInBytes, "the largest single buffer on this device");
        }
    }

    private (DeviceMemory Memory, MemoryTypeFacts Type) Allocate(MemoryRequirements requirements, string what)
    {
        MemoryTypeChoices choices = device.Plan.MemoryTypes;
        foreach (int index in Class switch
        {
            MemoryClass.Staging => choices.Staging,
            MemoryClass.Readback => choices.Readback,
            _ => choices.Device,
        })
        {
            if ((requirements.MemoryTypeBits & (1u << index)) != 0
                && device.Api.TryAllocate(requirements.Size, index, out DeviceMemory allocated))
            {
                return (allocated, device.Snapshot.MemoryTypes[index]);
            }
        }

        throw new OutOfGpuMemoryException(what, (long)requirements.Size, device.Memory.UsedInBytes, device.Memory.LimitInBytes, "the driver's heaps are full");
    }

    private void Release()
    {
        mapped = null;
        device.Api.DestroyBuffer(Handle);
        if (memory != default)
        {
            device.Api.FreeMemory(memory);
        }

        device.Memory.Return(allocatedInBytes);
    }
}
