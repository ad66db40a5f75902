using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;
using Xunit;

namespace Hummingbird.Vulkan.Gpu.Tests;

/// <summary>A denoising step leaves nothing for the garbage collector.</summary>
public sealed class StepAllocationTests : DeviceTestBase
{
    // The first runs may cut the graph anew, and the runtime compiles the methods again when they are called often.
    private const int WarmUps = 40, Steps = 10;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_step_of_the_embedded_model_allocates_nothing(bool staging)
    {
        using GpuDevice device = Open(Options with { ForceStaging = staging });
        using ModelFolder model = ModelFolder.Open("nano");
        LatentSize size = new(2, 8, 8, model.VaeConfig.ZChannels);
        StorageTypes storage = new(device.Plan.ActivationType, device.Plan.WeightType);
        UNet unet = new(model.UNetConfig, new WeightScope(model.UNet));
        using GpuExecutor executor = new(device, StepGraph.Build(unet, storage, size, new([], null, 32, model.TextEncoderConfig.HiddenSize)));
        foreach (Value input in executor.Graph.Inputs.Values)
        {
            executor.Write(input.Name, new float[input.Shape.Count]);
        }

        float[] sample = new float[size.Count], next = new float[size.Count];
        List<long> allocated = [];
        for (int i = 0; i < WarmUps + Steps; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            executor.Write("sample", sample);
            executor.Run(TestContext.Current.CancellationToken);
            executor.Read("next", next);
            allocated.Add(GC.GetAllocatedBytesForCurrentThread() - before);
        }

        // A step during which a busy machine made the executor cut its graph anew is not the ordinary one: the middle one is.
        Assert.Equal(0, allocated.Skip(WarmUps).Order().ElementAt(Steps / 2));
    }
}
