using System.Runtime.InteropServices;
using Hummingbird.Vulkan.Engine.Compute;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Kernels;
using Xunit;

namespace Hummingbird.Vulkan.Gpu.Tests;

/// <summary>An instance with the validation layer on; a test that makes it speak fails.</summary>
public abstract class DeviceTestBase : IDisposable
{
    protected DeviceTestBase() => Vulkan = VulkanInstance.Create(validation: true);

    protected VulkanInstance Vulkan { get; }

    /// <summary>What to open when the test does not care; HUMMINGBIRD_DEVICE picks another device than the best.</summary>
    protected static DeviceOptions Options { get; } = new()
    {
        Selector = Environment.GetEnvironmentVariable("HUMMINGBIRD_DEVICE"),
        ThrowOnLeaks = true,
        PipelineCacheFolder = "",
        TileCacheFolder = "",
    };

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        Vulkan.Dispose();
        ValidationMessage[] errors = [.. Vulkan.Validation!.Messages.Where(m => m.Severity == ValidationSeverity.Error)];
        Assert.True(errors.Length == 0, string.Join('\n', errors.Select(e => $"{e.Id}: {e.Text}")));
    }

    protected GpuDevice Open(DeviceOptions? options = null) => GpuDevice.Open(Vulkan, options ?? Options);
}

/// <summary>The small shader of these tests: y[i] = x[i] * factor + offset (data/affine.comp).</summary>
internal static class Affine
{
    public const int GroupSize = 64;

    public static ComputePipeline Pipeline(GpuDevice device, int factor)
    {
        using Stream stream = typeof(Affine).Assembly.GetManifestResourceStream("affine.spv")!;
        byte[] spirv = new byte[stream.Length];
        stream.ReadExactly(spirv);
        device.Shaders.Add("affine", spirv);
        return device.Pipelines.Get("affine", [GroupSize, factor], Marshal.SizeOf<Push>());
    }

    public static Workgroups Groups(int count) => new((count + GroupSize - 1) / GroupSize);

    [StructLayout(LayoutKind.Sequential)]
    public readonly record struct Push(ulong X, ulong Y, int Offset, int Count)
    {
        public byte[] Bytes() => MemoryMarshal.AsBytes([this]).ToArray();
    }
}
