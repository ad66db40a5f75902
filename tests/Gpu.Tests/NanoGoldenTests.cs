using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Vectors;
using Xunit;

namespace Hummingbird.Vulkan.Gpu.Tests;

/// <summary>The embedded model against PyTorch: the whole pipeline, with the same noise.</summary>
public sealed class NanoGoldenTests : DeviceTestBase
{
    [Theory]
    [InlineData(Precision.Fp32, 1e-6, 40)]
    [InlineData(Precision.Fp16, 1e-3, 30)]
    public void Latents_and_frames_match(Precision precision, double latentsNmse, double framePsnr)
    {
        using GpuDevice device = Open(Options with { Precision = precision });
        NanoGolden.Result[] results = [.. NanoGolden.Run(new GpuBackend(device))];
        Assert.Equal(2, results.Length);
        Assert.All(results, r => Assert.True(
            r.Latents.Nmse <= latentsNmse && r.FramePsnr >= framePsnr, $"{r.Prompt}: latents NMSE {r.Latents.Nmse:e2}, frames {r.FramePsnr:f1} dB"));
    }

    [Theory]
    [InlineData(Precision.Fp32, 1e-6, 40)]
    [InlineData(Precision.Fp16, 1e-2, 30)]
    public void The_student_matches(Precision precision, double latentsNmse, double framePsnr)
    {
        using GpuDevice device = Open(Options with { Precision = precision });
        NanoGolden.Result[] results = [.. NanoGolden.Run(new GpuBackend(device), NanoGolden.Student)];
        Assert.Equal(2, results.Length);
        Assert.All(results, r => Assert.True(
            r.Latents.Nmse <= latentsNmse && r.FramePsnr >= framePsnr, $"{r.Prompt}: latents NMSE {r.Latents.Nmse:e2}, frames {r.FramePsnr:f1} dB"));
    }

    [Fact]
    public void The_same_seed_gives_the_same_bytes()
    {
        using GpuDevice device = Open();
        float[][] latents = [.. Enumerable.Range(0, 2).Select(_ => NanoGolden.Run(new GpuBackend(device)).First().Values)];
        Assert.Equal(latents[0], latents[1]);
    }
}
