using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Memory;
using Xunit;

namespace Hummingbird.Vulkan.Gpu.Tests;

public sealed class DeviceMemoryTests : DeviceTestBase
{
    [Theory]
    [InlineData(false, 1)]
    [InlineData(false, 1_000_003)]
    [InlineData(true, 1)]
    [InlineData(true, 1_000_003)]
    [InlineData(true, (64 << 20) + 12_345)]
    public void What_is_uploaded_is_downloaded(bool forceStaging, int size)
    {
        using GpuDevice device = Open(Options with { ForceStaging = forceStaging });
        using var arena = new Arena(device, MemoryClass.Weights);
        ArenaSlice before = arena.Allocate(64);
        ArenaSlice slice = arena.Allocate(size);
        ArenaSlice after = arena.Allocate(64);
        byte[] guard = [.. Enumerable.Repeat((byte)0xAB, 64)];
        before.Upload(guard);
        after.Upload(guard);
        byte[] data = Pattern(size);
        slice.Upload(data);
        byte[] read = new byte[size];
        slice.Download(read);
        Assert.True(data.AsSpan().SequenceEqual(read));
        before.Download(read = new byte[64]);
        Assert.Equal(guard, read);
        after.Download(read);
        Assert.Equal(guard, read);
        Assert.Equal(device.Plan.IsDirect, slice.Buffer.IsMapped);
        Assert.Equal(device.Snapshot.IsUnifiedMemory && !forceStaging, device.Plan.IsDirect);
    }

    [Fact]
    public void Parts_of_a_slice_are_written_and_read()
    {
        using GpuDevice device = Open(Options with { ForceStaging = true });
        using var arena = new Arena(device, MemoryClass.Activations, 1 << 20);
        ArenaSlice slice = arena.Allocate(5000);
        slice.Upload(Pattern(5000));
        slice.Upload(new byte[] { 9, 8, 7 }, offset: 1001);
        byte[] expected = Pattern(5000);
        expected[1001] = 9;
        expected[1002] = 8;
        expected[1003] = 7;
        byte[] read = new byte[300];
        slice.Download(read, offset: 900);
        Assert.Equal(expected[900..1200], read);
        Assert.Throws<ArgumentOutOfRangeException>(() => slice.Upload(new byte[2], offset: 4999));
        Assert.Throws<ArgumentOutOfRangeException>(() => slice.Slice(-1, 2));
    }

    [Fact]
    public void Slices_are_aligned_and_do_not_overlap()
    {
        using GpuDevice device = Open();
        using var arena = new Arena(device, MemoryClass.Activations, 4096);
        List<ArenaSlice> slices = [];
        foreach (int size in (int[])[1, 255, 256, 257, 4000, 10_000, 3])
        {
            slices.Add(arena.Allocate(size));
        }

        foreach (ArenaSlice slice in slices)
        {
            Assert.Equal(0ul, slice.Address % Arena.Alignment);
            Assert.True(slice.Offset + slice.SizeInBytes <= slice.Buffer.SizeInBytes);
            Assert.DoesNotContain(slices, other => other != slice
                && slice.Address < other.Address + (ulong)other.SizeInBytes && other.Address < slice.Address + (ulong)slice.SizeInBytes);
        }

        Assert.Equal(256 + 256 + 256 + 512 + 4096 + 10_240 + 256, arena.UsedInBytes);
        Assert.True(arena.ReservedInBytes >= arena.UsedInBytes);
        arena.Reset();
        Assert.Equal(0, arena.ReservedInBytes);
        Assert.Equal(0, device.Memory.UsedInBytes);
    }

    [Fact]
    public void The_budget_refuses_with_the_numbers()
    {
        using GpuDevice device = Open(Options with { MaxMemoryGiB = 8.0 / 1024 });
        using var arena = new Arena(device, MemoryClass.Activations);
        _ = arena.Allocate(6 << 20);
        var error = Assert.Throws<OutOfGpuMemoryException>(() => arena.Allocate(3 << 20));
        Assert.Equal(3 << 20, error.RequestedInBytes);
        Assert.True(error.UsedInBytes >= 6 << 20);
        Assert.Equal(8 << 20, error.LimitInBytes);
        Assert.Contains("3 MiB requested", error.Message, StringComparison.Ordinal);
        arena.Reset();
        _ = arena.Allocate(7 << 20);
    }

    [Fact]
    public void A_buffer_beyond_the_largest_is_refused()
    {
        using GpuDevice device = Open();
        long tooLarge = device.Plan.MaxBufferSizeInBytes + 1;
        var error = Assert.Throws<OutOfGpuMemoryException>(() => new GpuBuffer(device, tooLarge, MemoryClass.Weights));
        Assert.Equal(tooLarge, error.RequestedInBytes);
        Assert.Equal(0, device.Memory.UsedInBytes);
    }

    private static byte[] Pattern(int size)
    {
        byte[] data = new byte[size];
        uint state = 12_345;
        for (int i = 0; i < size; i++)
        {
            state = (state * 1_664_525) + 1_013_904_223;
            data[i] = (byte)(state >> 24);
        }

        return data;
    }
}
