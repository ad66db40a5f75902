using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Schedulers;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Vectors;

/// <summary>Five DDIM steps of a tiny VideoCrafter2 with classifier-free guidance and its scale array, through the pipeline's own loop.</summary>
public static class GuidedTrajectoryVectors
{
    private const int Steps = 5;

    public static IEnumerable<(string Name, Difference Difference)> Compare(IGraphBackend backend, StorageTypes storage)
    {
        using VectorFile file = new("ddim5_cfg_vc2"), weights = new("unet_tiny_vc2");
        UNet unet = new(ModelVectors.Vc2, weights.Weights("w."));
        PromptEmbeddings prompt = new(file.Read("cond"), file.Read("uncond"), 13, 24);
        GenerationRequest request = new("", "", 0, Steps, 3, 16, 32, 48, 12, "ddim");
        DdimScheduler scheduler = new(new SchedulerConfig(UseScale: true), Steps, eta: 1);
        UNetConditions conditions = UNetConditions.Compute(unet, backend, storage, request, scheduler, prompt, default);
        LatentSize size = new(3, 6, 4, 4);
        float[] latents = file.ReadChannelsLast("noise");
        List<(string, Difference)> results = [];
        using IGraphExecutor step = backend.Prepare(StepGraph.Build(unet, storage, size, prompt));
        conditions.WriteContext(step);
        for (int i = 0; i < Steps; i++)
        {
            step.Write("sample", latents);
            step.Write("noise", file.ReadChannelsLast($"noise.{i}"));
            step.Write("shifts", conditions.ShiftsOf(i));
            step.Write("coefficients", StepGraph.Coefficients(scheduler.Step(i), request.GuidanceScale));
            step.Run();
            step.Read("next", latents);
            results.Add(($"x.{i}", Difference.Between(latents, file.ReadChannelsLast($"x.{i}"))));
        }

        return results;
    }
}
