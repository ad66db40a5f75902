using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Vectors;
using Xunit;

namespace Hummingbird.Vulkan.Gpu.Tests;

/// <summary>Values that fp16 cannot hold: the phase is redone in fp32, and no black or broken frame is ever written.</summary>
public sealed class OverflowTests : DeviceTestBase
{
    [Theory]
    [InlineData("unet", "input_blocks.0.0.weight", "Denoising overflowed")]
    [InlineData("vae", "decoder.conv_in.weight", "Decoding overflowed")]
    public void A_phase_that_overflows_is_redone_in_fp32(string component, string tensor, string note)
    {
        using NanoCopy copy = new();
        copy.Change(component, tensor, v => v * 20_000);
        (GenerationResult result, List<byte[]> frames) = Generate(copy.Folder);
        Assert.Contains(result.Notes, n => n.StartsWith(note, StringComparison.Ordinal));
        Assert.All(result.Latents, v => Assert.True(float.IsFinite(v)));
        Assert.Equal(8, frames.Count);
        Assert.All(frames, f => Assert.True(f.Distinct().Count() > 4, "a flat frame"));
    }

    [Theory]
    [InlineData("unet", "out.2.bias", "U-Net")]
    [InlineData("vae", "decoder.conv_out.bias", "VAE")]
    public void Damaged_weights_are_named(string component, string tensor, string named)
    {
        using NanoCopy copy = new();
        copy.Change(component, tensor, _ => float.NaN);
        WeightException error = Assert.Throws<WeightException>(() => Generate(copy.Folder));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.Contains("damaged", error.Message, StringComparison.Ordinal);
    }

    private (GenerationResult Result, List<byte[]> Frames) Generate(string folder)
    {
        using ModelFolder model = ModelFolder.Open(folder);
        using GpuDevice device = Open(Options with { Precision = Precision.Fp16 });
        List<byte[]> frames = [];
        GenerationResult result = new TextToVideoPipeline(model, new GpuBackend(device)).Generate(
            new("a red circle moving right", "", 3, 4, 8, 8, 64, 64, 4, "lcm"),
            (_, rgb) => frames.Add(rgb.ToArray()),
            cancellation: TestContext.Current.CancellationToken);
        return (result, frames);
    }
}
