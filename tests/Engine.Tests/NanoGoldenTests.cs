using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Vectors;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests;

/// <summary>The embedded model on the reference executor against PyTorch.</summary>
public sealed class NanoGoldenTests
{
    [Fact]
    public void Latents_and_frames_match()
    {
        NanoGolden.Result first = NanoGolden.Run(new ReferenceBackend()).First();
        Assert.True(first.Latents.Nmse <= 1e-6 && first.FramePsnr >= 40, $"{first.Prompt}: latents NMSE {first.Latents.Nmse:e2}, frames {first.FramePsnr:f1} dB");
    }
}
