using System.Collections.Concurrent;
using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Interop;

namespace Hummingbird.Vulkan.Engine.Compute;

/// <summary>Pipelines by key, compiled once, kept on disk between runs.</summary>
public sealed class PipelineCache : IDisposable
{
    private readonly GpuDevice device;
    private readonly PipelineCacheFile? file;
    private readonly Interop.PipelineCache handle;
    private readonly byte[] loaded;
    private readonly HashSet<PipelineKey> warm = [];
    private readonly ConcurrentDictionary<PipelineKey, Lazy<ComputePipeline>> pipelines = new();
    private readonly ConcurrentDictionary<int, Lazy<PipelineLayout>> layouts = new();
    private readonly ConcurrentDictionary<string, Lazy<ShaderModule>> modules = new();

    internal PipelineCache(GpuDevice device)
    {
        this.device = device;
        file = PipelineCacheFile.For(device.Snapshot, device.Plan.Options.PipelineCacheFolder);
        loaded = file?.Read() ?? [];
        handle = device.Api.CreatePipelineCache(loaded);
    }

    /// <summary>Pipelines compiled so far.</summary>
    public int Count => pipelines.Count;

    /// <exception cref="ShaderNotFoundException">No shader has this name.</exception>
    public ComputePipeline Get(string shader, ImmutableArray<int> constants, int pushSizeInBytes)
        => Get(new PipelineKey(shader, constants, pushSizeInBytes));

    public ComputePipeline Get(PipelineKey key)
    {
        if (pipelines.TryGetValue(key, out Lazy<ComputePipeline>? pipeline))
        {
            return pipeline.Value;
        }

        try
        {
            return pipelines.GetOrAdd(key, k => new(() => Compile(k))).Value;
        }
        catch
        {
            // A failure is not remembered: the next caller gets its own.
            pipelines.TryRemove(key, out _);
            throw;
        }
    }

    /// <summary>Compiles all of these in parallel, so that nothing is compiled while work is recorded.</summary>
    public void Prepare(IEnumerable<PipelineKey> keys, CancellationToken cancellation = default)
    {
        try
        {
            Parallel.ForEach(keys.Distinct(), new ParallelOptions { CancellationToken = cancellation }, key => Get(key));
        }
        catch (AggregateException several)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(several.InnerExceptions[0]);
        }
    }

    /// <summary>On CPU drivers, dispatches no workgroup of each: lavapipe makes machine code when a pipeline runs first, which no step is to wait for.</summary>
    public void Warm(IEnumerable<PipelineKey> keys)
    {
        PipelineKey[] cold = device.Snapshot.Kind == DeviceKind.Cpu ? [.. keys.Where(warm.Add)] : [];
        if (cold.Length == 0)
        {
            return;
        }

        using CommandRecorder recorder = new(device, "first use of pipelines");
        recorder.Begin();
        foreach (PipelineKey key in cold)
        {
            recorder.DispatchNothing(Get(key));
        }

        recorder.End();
        device.Queue.Wait(device.Queue.Submit(recorder));
    }

    public void Dispose()
    {
        if (file is not null && !device.IsLost && !pipelines.IsEmpty)
        {
            byte[] data = device.Api.DataOf(handle);
            if (!data.AsSpan().SequenceEqual(loaded))
            {
                file.Write(data);
            }
        }

        foreach (Lazy<ComputePipeline> pipeline in pipelines.Values.Where(p => p.IsValueCreated))
        {
            device.Api.DestroyPipeline(pipeline.Value.Handle);
        }

        foreach (Lazy<PipelineLayout> layout in layouts.Values)
        {
            device.Api.DestroyPipelineLayout(layout.Value);
        }

        foreach (Lazy<ShaderModule> module in modules.Values.Where(m => m.IsValueCreated))
        {
            device.Api.DestroyShaderModule(module.Value);
        }

        pipelines.Clear();
        layouts.Clear();
        modules.Clear();
        device.Api.DestroyPipelineCache(handle);
    }

    private ComputePipeline Compile(PipelineKey key)
    {
        uint limit = device.Snapshot.Limits.MaxPushConstantsSize;
        if (key.PushSizeInBytes > limit || key.PushSizeInBytes < 0 || key.PushSizeInBytes % 4 != 0)
        {
            throw new ArgumentException($"{key}: {key.PushSizeInBytes} bytes of push constants; the device takes multiples of 4 up to {limit}.", nameof(key));
        }

        byte[] spirv = device.Shaders.Load(key.Shader);
        ShaderModule module = modules.GetOrAdd(key.Shader, _ => new(() => device.Api.CreateShaderModule(spirv))).Value;
        PipelineLayout layout = layouts.GetOrAdd(key.PushSizeInBytes, size => new(() => device.Api.CreatePipelineLayout(size))).Value;
        Pipeline pipeline = device.Api.CreateComputePipeline(
            module, layout, handle, key.Values, key.SubgroupSize > 0 ? key.SubgroupSize : device.Plan.RequiredSubgroupSize,
            device.Plan.Features.PipelineExecutableInfo ? PipelineCreateFlags.CaptureStatisticsBitKhr : PipelineCreateFlags.None);
        device.Api.SetName(ObjectType.Pipeline, pipeline.Handle, key.ToString());
        return new(device.Api, key, layout, pipeline);
    }
}
