using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Evaluation;
using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Weights;
using Xunit;

namespace Hummingbird.Vulkan.Gpu.Tests;

/// <summary>Small trained models of the other families: a sentence through all stages on the device gives a video that shows what it says.</summary>
public sealed class TrainedModelTests : DeviceTestBase
{
    [Theory]
    [InlineData("nano-magicvideo", "a big red circle moving right on a white background", "circle", "red", "white", "right")]
    [InlineData("nano-snapvideo", "a big red circle moving right on a white background", "circle", "red", "white", "right")]
    public void Videos_show_what_the_sentence_says(string name, string prompt, string shape, string colour, string background, string motion)
    {
        using GpuDevice device = Open();
        using GpuBackend backend = new(device);
        using ModelFolder model = ModelFolder.Open(Path.Combine(Vectors.TestData.Root, "models", name));
        GenerationDefaults d = model.Index.Defaults;
        GenerationRequest request = new(prompt, "", 5, d.Steps, d.Frames, d.Fps, d.Width, d.Height, d.GuidanceScale, d.Sampler);
        List<byte[]> frames = [];
        new TextToVideoPipeline(model, backend).Generate(request, (_, rgb) => frames.Add(rgb.ToArray()), cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(d.Frames, frames.Count);
        SceneScore score = SceneJudge.Score(new Clip(frames, d.Width, d.Height), new Scene("single", background, [new(shape, colour, "big", motion)]));
        Assert.True(score is { Count: true, Background: true, Colour: true, Shape: true, Motion: true }, $"{score}");
    }
}
