using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Interop;
using Hummingbird.Vulkan.Engine.Weights;
using Xunit;

namespace Hummingbird.Vulkan.Gpu.Tests;

/// <summary>The driver loses the device in the middle of a generation.</summary>
public sealed class LostDeviceTests : DeviceTestBase
{
    private static readonly GenerationRequest Request = new("a red circle moving right", "", 3, 4, 8, 8, 64, 64, 4, "lcm");

    [Theory]
    [InlineData(GenerationPhase.EncodePrompt, 0)]
    [InlineData(GenerationPhase.Denoise, 0)]
    [InlineData(GenerationPhase.Denoise, 3)]
    [InlineData(GenerationPhase.Decode, 0)]
    [InlineData(GenerationPhase.Decode, 5)]
    public void The_phase_is_redone_on_a_new_device_with_the_same_result(GenerationPhase phase, int done)
    {
        (GenerationResult expected, List<byte[]> expectedFrames) = Generate((_, _) => { });
        Assert.Empty(expected.Notes);
        bool isPlanted = false;
        (GenerationResult result, List<byte[]> frames) = Generate((backend, progress) =>
        {
            if (!isPlanted && progress.Phase == phase && progress.Done == done)
            {
                isPlanted = true;
                backend.Device.Api.LosesNextSubmit = true;
            }
        });
        Assert.True(isPlanted);
        Assert.Contains("reset", Assert.Single(result.Notes), StringComparison.Ordinal);
        Assert.Equal(expected.Latents, result.Latents);
        Assert.Equal(expectedFrames, frames);
    }

    [Fact]
    public void A_second_loss_is_an_error_that_says_what_to_do()
    {
        DeviceLostException error = Assert.Throws<DeviceLostException>(() => Generate((backend, progress) =>
            backend.Device.Api.LosesNextSubmit |= progress.Phase == GenerationPhase.Denoise && progress.Done == 1));
        Assert.Contains("update the driver", error.Message, StringComparison.Ordinal);
    }

    private (GenerationResult Result, List<byte[]> Frames) Generate(Action<GpuBackend, GenerationProgress> onProgress)
    {
        using ModelFolder model = ModelFolder.Open("nano");
        using GpuDevice device = Open();
        using GpuBackend backend = new(device, Vulkan);
        TimeSpan aim = backend.Device.Plan.SubmitAim;
        List<byte[]> frames = [];
        GenerationResult result = new TextToVideoPipeline(model, backend).Generate(
            Request,
            (index, rgb) =>
            {
                Assert.Equal(frames.Count, index);
                frames.Add(rgb.ToArray());
            },
            progress => onProgress(backend, progress),
            TestContext.Current.CancellationToken);
        Assert.Equal(backend.Device == device ? aim : aim / 2, backend.Device.Plan.SubmitAim);
        return (result, frames);
    }
}
