using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Interop;
using Hummingbird.Vulkan.Engine.Memory;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Compute;

/// <summary>Commands recorded once and submitted as often as wanted. One thread at a time.</summary>
public sealed class CommandRecorder : IDisposable
{
    // vkCmdUpdateBuffer takes no more at once.
    private const int UpdateLimit = 65_536;

    private readonly GpuDevice device;
    private readonly CommandPool pool;
    private readonly bool isOwnedByDevice;
    private ComputePipeline? bound;
    private bool isRecording;
    private bool isDisposed;

    /// <param name="name">What is recorded, for messages about a lost device.</param>
    public CommandRecorder(GpuDevice device, string name)
        : this(device, name, isOwnedByDevice: false)
    {
    }

    internal CommandRecorder(GpuDevice device, string name, bool isOwnedByDevice)
    {
        this.device = device;
        this.isOwnedByDevice = isOwnedByDevice;
        Name = name;
        pool = device.Api.CreateCommandPool();
        Commands = device.Api.AllocateCommandBuffer(pool);
        if (!isOwnedByDevice)
        {
            device.Add(this);
        }
    }

    public string Name { get; private set; }

    /// <summary>Recorded to the end: can be submitted.</summary>
    public bool IsReady { get; private set; }

    /// <summary>Dispatches recorded.</summary>
    public int Dispatches { get; private set; }

    /// <summary>The last submit of these commands.</summary>
    public SubmitTicket LastSubmit { get; internal set; }

    internal CommandBuffer Commands { get; }

    /// <summary>Starts anew, under another name if there is one. What is recorded runs after everything submitted before it.</summary>
    public void Begin(string? name = null)
    {
        Name = name ?? Name;
        ObjectDisposedException.ThrowIf(isDisposed, this);
        device.Queue.Wait(LastSubmit);
        device.Api.ResetCommandPool(pool);
        device.Api.Begin(Commands);
        device.Api.WorkBarrier(Commands);
        (bound, isRecording, IsReady, Dispatches) = (null, true, false, 0);
    }

    public void End()
    {
        CheckRecording();
        device.Api.HostBarrier(Commands);
        device.Api.End(Commands);
        (isRecording, IsReady) = (false, true);
    }

    /// <param name="push">Exactly the bytes the pipeline takes.</param>
    /// <param name="baseGroup">Added to gl_WorkGroupID, to run a dispatch in parts.</param>
    public void Dispatch(ComputePipeline pipeline, ReadOnlySpan<byte> push, Workgroups groups, Workgroups baseGroup = default)
    {
        CheckRecording();
        if (push.Length != pipeline.Key.PushSizeInBytes)
        {
            throw new ArgumentException($"{pipeline} takes {pipeline.Key.PushSizeInBytes} bytes of push constants, not {push.Length}.", nameof(push));
        }

        CheckGroups(pipeline, groups, baseGroup);
        if (!ReferenceEquals(bound, pipeline))
        {
            device.Api.BindPipeline(Commands, pipeline.Handle);
            bound = pipeline;
        }

        if (push.Length > 0)
        {
            device.Api.PushConstants(Commands, pipeline.Layout, push);
        }

        if (baseGroup == default)
        {
            device.Api.Dispatch(Commands, (uint)groups.X, (uint)groups.Y, (uint)groups.Z);
        }
        else
        {
            device.Api.DispatchBase(Commands, (uint)baseGroup.X, (uint)baseGroup.Y, (uint)baseGroup.Z, (uint)groups.X, (uint)groups.Y, (uint)groups.Z);
        }

        Dispatches++;
    }

    /// <summary>No workgroup at all: the driver gets the pipeline ready as for a real dispatch.</summary>
    internal void DispatchNothing(ComputePipeline pipeline)
    {
        CheckRecording();
        device.Api.BindPipeline(Commands, pipeline.Handle);
        bound = pipeline;
        if (pipeline.Key.PushSizeInBytes > 0)
        {
            device.Api.PushConstants(Commands, pipeline.Layout, new byte[pipeline.Key.PushSizeInBytes]);
        }

        device.Api.Dispatch(Commands, 0, 0, 0);
    }

    /// <summary>What comes after sees all that came before, shaders and copies alike.</summary>
    public void Barrier()
    {
        CheckRecording();
        device.Api.WorkBarrier(Commands);
    }

    /// <summary>Copies the whole of <paramref name="source"/> to the start of <paramref name="destination"/>.</summary>
    public void Copy(ArenaSlice source, ArenaSlice destination)
    {
        CheckRecording();
        ArgumentOutOfRangeException.ThrowIfGreaterThan(source.SizeInBytes, destination.SizeInBytes);
        device.Api.Copy(Commands, source.Buffer.Handle, source.Offset, destination.Buffer.Handle, destination.Offset, source.SizeInBytes);
    }

    /// <summary>Repeats a 32-bit pattern; the size is a multiple of 4 bytes.</summary>
    public void Fill(ArenaSlice target, uint pattern)
    {
        CheckRecording();
        CheckWords(target.Offset, target.SizeInBytes);
        device.Api.Fill(Commands, target.Buffer.Handle, target.Offset, target.SizeInBytes, pattern);
    }

    /// <summary>Writes bytes that are kept in the commands themselves; for small data, a multiple of 4 bytes.</summary>
    public void Update(ArenaSlice target, ReadOnlySpan<byte> data)
    {
        CheckRecording();
        ArgumentOutOfRangeException.ThrowIfGreaterThan(data.Length, target.SizeInBytes);
        CheckWords(target.Offset, data.Length);
        for (int start = 0; start < data.Length; start += UpdateLimit)
        {
            ReadOnlySpan<byte> part = data.Slice(start, Math.Min(UpdateLimit, data.Length - start));
            device.Api.Update(Commands, target.Buffer.Handle, target.Offset + start, part);
        }
    }

    /// <summary>Forgets earlier timestamps; must come before they are written again.</summary>
    public void ResetTimestamps(TimestampPool timestamps)
    {
        CheckRecording();
        device.Api.ResetQueries(Commands, timestamps.Handle, 0, timestamps.Count);
    }

    /// <summary>Takes the time when everything recorded before has ended.</summary>
    public void WriteTimestamp(TimestampPool timestamps, int index)
    {
        CheckRecording();
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, timestamps.Count);
        device.Api.WriteTimestamp(Commands, timestamps.Handle, index);
    }

    public void Dispose()
    {
        if (!isDisposed)
        {
            isDisposed = true;
            device.Queue.WaitQuietly();
            device.Api.DestroyCommandPool(pool);
            if (!isOwnedByDevice)
            {
                device.Remove(this);
            }
        }
    }

    public override string ToString() => $"recorder \"{Name}\"";

    private static void CheckWords(long offset, long sizeInBytes)
    {
        if (((offset | sizeInBytes) & 3) != 0)
        {
            throw new ArgumentException($"Offset {offset} and size {sizeInBytes} must be multiples of 4 bytes.");
        }
    }

    private void CheckRecording()
    {
        if (!isRecording)
        {
            throw new InvalidOperationException($"Call Begin before recording \"{Name}\".");
        }
    }

    private void CheckGroups(ComputePipeline pipeline, Workgroups groups, Workgroups baseGroup)
    {
        System.Collections.Immutable.ImmutableArray<uint> limits = device.Snapshot.Limits.MaxComputeWorkGroupCount;
        if (!Fits(groups.X, baseGroup.X, limits[0]) || !Fits(groups.Y, baseGroup.Y, limits[1]) || !Fits(groups.Z, baseGroup.Z, limits[2]))
        {
            throw new ArgumentException(
                $"{pipeline}: {groups.X} x {groups.Y} x {groups.Z} workgroups from {baseGroup.X}, {baseGroup.Y}, {baseGroup.Z}; "
                + $"the device takes at least 1 and at most {limits[0]} x {limits[1]} x {limits[2]}.", nameof(groups));
        }
    }

    private static bool Fits(int count, int start, uint limit) => count > 0 && start >= 0 && (long)count + start <= limit;
}
