using Hummingbird.Vulkan.Engine.Compute;
using Hummingbird.Vulkan.Engine.Device;
using Xunit;

namespace Hummingbird.Vulkan.Gpu.Tests;

public sealed class DevicePipelineCacheTests : DeviceTestBase
{
    private readonly string folder = Directory.CreateTempSubdirectory("hummingbird-pipelines").FullName;

    [Fact]
    public void Compiled_pipelines_are_kept_between_devices()
    {
        string path = CompileAndClose();
        byte[] first = File.ReadAllBytes(path);
        Assert.Equal(path, CompileAndClose());
        Assert.Equal(first, File.ReadAllBytes(path));
        Assert.Single(Directory.GetFiles(folder));
    }

    [Theory]
    [InlineData("empty")]
    [InlineData("truncated")]
    [InlineData("one bit flipped")]
    [InlineData("noise")]
    public void A_damaged_file_is_ignored_and_written_anew(string damage)
    {
        string path = CompileAndClose();
        byte[] good = File.ReadAllBytes(path);
        byte[] bad = damage switch
        {
            "empty" => [],
            "truncated" => good[..^1],
            "one bit flipped" => [.. good[..^1], (byte)(good[^1] ^ 1)],
            _ => [.. Enumerable.Range(0, 1000).Select(i => (byte)(i * 31))],
        };
        File.WriteAllBytes(path, bad);
        Assert.Empty(new PipelineCacheFile(path).Read());
        CompileAndClose();
        Assert.Equal(good.Length, File.ReadAllBytes(path).Length);
        Assert.NotEmpty(new PipelineCacheFile(path).Read());
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_no_error()
    {
        string file = Path.Combine(folder, "a file, not a folder");
        File.WriteAllText(file, "x");
        using GpuDevice device = Open(Options with { PipelineCacheFolder = file });
        _ = Affine.Pipeline(device, 1);
    }

    protected override void Dispose(bool disposing)
    {
        Directory.Delete(folder, recursive: true);
        base.Dispose(disposing);
    }

    private string CompileAndClose()
    {
        using (GpuDevice device = Open(Options with { PipelineCacheFolder = folder }))
        {
            _ = Affine.Pipeline(device, 3);
        }

        return Assert.Single(Directory.GetFiles(folder));
    }
}
