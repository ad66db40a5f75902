using System.Diagnostics;
using Hummingbird.Vulkan.Engine.Compute;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Memory;
using Hummingbird.Vulkan.Kernels;
using Xunit;

namespace Hummingbird.Vulkan.Gpu.Tests;

public sealed class DeviceComputeTests : DeviceTestBase
{
    private const int Count = 10_000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_recorded_dispatch_computes_every_time_it_is_submitted(bool forceStaging)
    {
        using GpuDevice device = Open(Options with { ForceStaging = forceStaging });
        using var arena = new Arena(device, MemoryClass.Activations, 1 << 20);
        using var recorder = new CommandRecorder(device, "affine");
        (ArenaSlice x, ArenaSlice y) = (Integers(arena), arena.Allocate(Count * sizeof(int)));
        recorder.Begin();
        recorder.Dispatch(Affine.Pipeline(device, 3), new Affine.Push(x.Address, y.Address, 5, Count).Bytes(), Affine.Groups(Count));
        recorder.Barrier();
        recorder.Dispatch(Affine.Pipeline(device, 1), new Affine.Push(y.Address, x.Address, 0, Count).Bytes(), Affine.Groups(Count));
        recorder.End();
        for (int run = 0; run < 3; run++)
        {
            device.Queue.Submit(recorder);
        }

        // x -> 3 x + 5, three times.
        Assert.Equal(Enumerable.Range(0, Count).Select(i => (27 * i) + 65), Read(x));
        Assert.Equal(2, device.Pipelines.Count);
        Assert.Equal(2, recorder.Dispatches);
    }

    [Fact]
    public void A_dispatch_in_parts_computes_the_same()
    {
        using GpuDevice device = Open();
        using var arena = new Arena(device, MemoryClass.Activations, 1 << 20);
        using var recorder = new CommandRecorder(device, "parts");
        (ArenaSlice x, ArenaSlice y) = (Integers(arena), arena.Allocate(Count * sizeof(int)));
        byte[] push = new Affine.Push(x.Address, y.Address, -7, Count).Bytes();
        ComputePipeline pipeline = Affine.Pipeline(device, 2);
        int groups = Affine.Groups(Count).X;
        recorder.Begin();
        recorder.Fill(y, 0);
        recorder.Barrier();
        for (int start = 0; start < groups; start += 50)
        {
            recorder.Dispatch(pipeline, push, new(Math.Min(50, groups - start)), new(start, 0, 0));
        }

        recorder.End();
        device.Queue.Wait(device.Queue.Submit(recorder), TestContext.Current.CancellationToken);
        Assert.Equal(Enumerable.Range(0, Count).Select(i => (2 * i) - 7), Read(y));
    }

    [Fact]
    public void Copies_fills_and_updates_are_ordered_by_barriers()
    {
        using GpuDevice device = Open();
        using var arena = new Arena(device, MemoryClass.Activations, 1 << 20);
        using var recorder = new CommandRecorder(device, "copies");
        ArenaSlice a = arena.Allocate(200_000), b = arena.Allocate(200_000);
        byte[] data = [.. Enumerable.Range(0, 150_000).Select(i => (byte)(i * 7))];
        recorder.Begin();
        recorder.Fill(a, 0x01020304);
        recorder.Barrier();
        recorder.Update(a, data);
        recorder.Barrier();
        recorder.Copy(a, b);
        recorder.End();
        device.Queue.Submit(recorder);
        byte[] read = new byte[200_000];
        b.Download(read);
        Assert.True(data.AsSpan().SequenceEqual(read.AsSpan(0, data.Length)));
        Assert.Equal([4, 3, 2, 1], read[150_000..150_004]);
    }

    [Fact]
    public void Pipelines_are_compiled_once_per_key_and_in_parallel()
    {
        using GpuDevice device = Open();
        ComputePipeline first = Affine.Pipeline(device, 0);
        device.Pipelines.Prepare(Enumerable.Range(0, 20).Select(i => new PipelineKey("affine", [64, i % 10], 24)), TestContext.Current.CancellationToken);
        Assert.Equal(10, device.Pipelines.Count);
        Assert.Same(first, device.Pipelines.Get("affine", [64, 0], 24));
        Assert.NotSame(first, device.Pipelines.Get("affine", [64, 1], 24));
    }

    /// <summary>The validation layer compares what a shader needs with what the device plan enabled.</summary>
    [Fact]
    public void Every_shader_of_the_engine_needs_no_more_than_the_plan_enables()
    {
        using GpuDevice device = Open();
        // A module with cooperative matrices is valid only where the device has them; the plan uses it nowhere else.
        bool hasCooperativeMatrices = device.Plan.Features.CooperativeMatrix;
        string[] names = [.. device.Shaders.Names.Where(name => hasCooperativeMatrices || !name.Contains(".coopmat.", StringComparison.Ordinal))];
        Assert.NotEmpty(names);

        // 128 bytes is what every Vulkan device gives to push constants.
        device.Pipelines.Prepare(names.Select(name => new PipelineKey(name, [], 128)), TestContext.Current.CancellationToken);
        Assert.Equal(names.Length, device.Pipelines.Count);
    }

    [Fact]
    public void Wrong_use_is_named()
    {
        using GpuDevice device = Open();
        using var arena = new Arena(device, MemoryClass.Activations, 1 << 20);
        using var recorder = new CommandRecorder(device, "wrong use");
        ComputePipeline pipeline = Affine.Pipeline(device, 1);
        var unknown = Assert.Throws<ShaderNotFoundException>(() => device.Pipelines.Get("no_such_shader", [], 0));
        Assert.Contains("affine", unknown.Message, StringComparison.Ordinal);
        var push = Assert.Throws<ArgumentException>(() => device.Pipelines.Get("affine", [64, 1], 4096));
        Assert.Contains("4096 bytes of push constants", push.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => recorder.Barrier());
        Assert.Throws<InvalidOperationException>(() => device.Queue.Submit(recorder));
        recorder.Begin();
        Assert.Throws<ArgumentException>(() => recorder.Dispatch(pipeline, new byte[8], new(1)));
        Assert.Throws<ArgumentException>(() => recorder.Dispatch(pipeline, new byte[24], new(0)));
        Assert.Throws<ArgumentException>(() => recorder.Dispatch(pipeline, new byte[24], new(1, int.MaxValue)));
        Assert.Throws<ArgumentException>(() => recorder.Fill(arena.Allocate(10), 0));
        recorder.End();
    }

    [Fact]
    public void Timestamps_grow_and_do_not_pass_the_wall_clock()
    {
        using GpuDevice device = Open();
        using var arena = new Arena(device, MemoryClass.Activations, 1 << 20);
        using var timestamps = new TimestampPool(device, 3);
        using var recorder = new CommandRecorder(device, "timed");
        (ArenaSlice x, ArenaSlice y) = (Integers(arena), arena.Allocate(Count * sizeof(int)));
        Assert.Throws<InvalidOperationException>(timestamps.Read);
        recorder.Begin();
        recorder.ResetTimestamps(timestamps);
        recorder.WriteTimestamp(timestamps, 0);
        recorder.Dispatch(Affine.Pipeline(device, 3), new Affine.Push(x.Address, y.Address, 5, Count).Bytes(), Affine.Groups(Count));
        recorder.WriteTimestamp(timestamps, 1);
        recorder.Barrier();
        recorder.WriteTimestamp(timestamps, 2);
        recorder.End();
        long start = Stopwatch.GetTimestamp();
        device.Queue.Wait(device.Queue.Submit(recorder), TestContext.Current.CancellationToken);
        TimeSpan wall = Stopwatch.GetElapsedTime(start);
        timestamps.Read();
        Assert.InRange(timestamps.Nanoseconds(0, 1), 1, wall.TotalNanoseconds);
        Assert.InRange(timestamps.Nanoseconds(0, 2), timestamps.Nanoseconds(0, 1), wall.TotalNanoseconds);
    }

    [Fact]
    public void A_cancelled_wait_stops_waiting_and_the_work_still_ends()
    {
        using GpuDevice device = Open();
        using var arena = new Arena(device, MemoryClass.Activations, 256 << 20);
        using var recorder = new CommandRecorder(device, "long fills");
        ArenaSlice large = arena.Allocate(256 << 20);
        recorder.Begin();
        for (uint i = 0; i < 8; i++)
        {
            recorder.Fill(large, i);
            recorder.Barrier();
        }

        recorder.End();
        using var cancelled = new CancellationTokenSource();
        SubmitTicket ticket = device.Queue.Submit(recorder);
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => device.Queue.Wait(ticket, cancelled.Token));
        device.Queue.Wait(ticket, TestContext.Current.CancellationToken);
        Assert.True(device.Queue.IsDone(ticket));
        int[] last = new int[1];
        large.Download<int>(last, offset: (256 << 20) - 4);
        Assert.Equal(7, last[0]);
    }

    [Fact]
    public void Submitting_recorded_work_allocates_nothing()
    {
        using GpuDevice device = Open();
        using var arena = new Arena(device, MemoryClass.Activations, 1 << 20);
        using var recorder = new CommandRecorder(device, "steady");
        (ArenaSlice x, ArenaSlice y) = (Integers(arena), arena.Allocate(Count * sizeof(int)));
        recorder.Begin();
        recorder.Dispatch(Affine.Pipeline(device, 3), new Affine.Push(x.Address, y.Address, 5, Count).Bytes(), Affine.Groups(Count));
        recorder.End();
        void Step() => device.Queue.Wait(device.Queue.Submit(recorder));
        Step();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20; i++)
        {
            Step();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Submits_from_several_threads_all_run()
    {
        using GpuDevice device = Open();
        using var arena = new Arena(device, MemoryClass.Activations, 1 << 20);
        ArenaSlice[] slices = [.. Enumerable.Range(0, 4).Select(_ => Integers(arena))];
        ComputePipeline pipeline = Affine.Pipeline(device, 1);
        Parallel.ForEach(slices, slice =>
        {
            using var recorder = new CommandRecorder(device, "thread");
            recorder.Begin();
            recorder.Dispatch(pipeline, new Affine.Push(slice.Address, slice.Address, 1, Count).Bytes(), Affine.Groups(Count));
            recorder.End();
            for (int i = 0; i < 25; i++)
            {
                device.Queue.Submit(recorder);
            }

            device.Queue.Wait(recorder.LastSubmit);
        });
        Assert.Equal(100, device.Queue.Submits);
        foreach (ArenaSlice slice in slices)
        {
            Assert.Equal(Enumerable.Range(25, Count), Read(slice));
        }
    }

    private static ArenaSlice Integers(Arena arena)
    {
        ArenaSlice slice = arena.Allocate(Count * sizeof(int));
        slice.Upload<int>(Enumerable.Range(0, Count).ToArray());
        return slice;
    }

    private static int[] Read(ArenaSlice slice)
    {
        int[] values = new int[Count];
        slice.Download<int>(values);
        return values;
    }
}
