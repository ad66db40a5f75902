using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Weights;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Weights;

/// <summary>The published architectures at full size, without reading a weight: parameters and FLOPs as published and counted.</summary>
public sealed class PublishedModelTests
{
    [Theory]
    [InlineData("hummingbird-0.7b", 772_091_780, 4, 31.85, 56.9)]
    [InlineData("hummingbird-0.9b", 945_209_220, 4, 32.73, 57.8)]
    [InlineData("videocrafter2", 1_413_284_420, 50, 1258.1, 1283.2)]
    public void Parameters_and_FLOPs_are_those_of_the_architecture(string name, long parameters, int steps, double unetTeraFlops, double totalTeraFlops)
    {
        PublishedModel published = PublishedModels.Get(name);
        Assert.Equal(parameters, published.RandomUNet(1).ElementCount);
        using ModelFolder model = published.Open(1);
        GenerationRequest request = new("waves", "", 1, steps, 16, 8, 512, 320, model.Index.Defaults.GuidanceScale, model.Index.Defaults.Sampler);
        GenerationPlan plan = GenerationPlan.Create(request, model, StorageTypes.Half, GraphPlanner.Reference with { MaxBlockInBytes = 1 << 30 });
        double unet = plan.Graphs.Where(g => g.Graph is "step" or "conditioning").Sum(g => g.Flops) / 1e12;
        Assert.InRange(unet, 0.99 * unetTeraFlops, 1.01 * unetTeraFlops);
        Assert.InRange(plan.Flops / 1e12, 0.99 * totalTeraFlops, 1.01 * totalTeraFlops);
    }
}
