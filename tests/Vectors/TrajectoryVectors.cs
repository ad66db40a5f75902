using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Schedulers;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Vectors;

/// <summary>The whole 4-step trajectory of a tiny 0.7B system, text to pixels, through the pipeline's own graphs.</summary>
public static class TrajectoryVectors
{
    private const int Steps = 4;

    public static IEnumerable<(string Name, Difference Difference)> Compare(IGraphBackend backend, StorageTypes storage)
    {
        using VectorFile file = new("lcm4_end_to_end");
        List<(string, Difference)> results = [];
        float[] context = EncodeText(backend, storage, file);
        results.Add(("context", Difference.Between(context, file.Read("context"))));

        UNet unet = new(ModelVectors.Hb07, file.Weights("w.model.diffusion_model."));
        PromptEmbeddings prompt = new(context, null, 12, 24);
        GenerationRequest request = new("", "", 0, Steps, 3, 8, 64, 48, 7.5, "lcm");
        LcmScheduler scheduler = new(new SchedulerConfig(), Steps);
        UNetConditions conditions = UNetConditions.Compute(unet, backend, storage, request, scheduler, prompt, default);
        LatentSize size = new(3, 6, 8, 4);
        float[] latents = file.ReadChannelsLast("noise0"), denoised = new float[size.Count], eps = new float[size.Count];
        using (IGraphExecutor step = backend.Prepare(StepGraph.Build(unet, storage, size, prompt)))
        {
            conditions.WriteContext(step);
            for (int i = 0; i < Steps; i++)
            {
                step.Write("sample", latents);
                step.Write("noise", file.ReadChannelsLast($"noise{i + 1}"));
                step.Write("shifts", conditions.ShiftsOf(i));
                step.Write("coefficients", StepGraph.Coefficients(scheduler.Step(i), request.GuidanceScale));
                step.Run();
                step.Read("eps", eps);
                step.Read("denoised", denoised);
                step.Read("next", latents);
                results.Add(($"eps{i}", Difference.Between(eps, file.ReadChannelsLast($"eps{i}"))));
                results.Add(($"denoised{i}", Difference.Between(denoised, file.ReadChannelsLast($"denoised{i}"))));
                results.Add(($"x{i + 1}", Difference.Between(latents, file.ReadChannelsLast($"x{i + 1}"))));
            }
        }

        results.Add(("video", Difference.Between(Decode(backend, storage, file, denoised, size), file.ReadChannelsLast("video"))));
        return results;
    }

    private static float[] EncodeText(IGraphBackend backend, StorageTypes storage, VectorFile file)
    {
        GraphUnderTest run = new(backend, new(DType.F32, storage.Weights));
        Value ids = run.Raw("ids", [1, 12], file.Read("tokens"), DType.I32);
        run.Output("states", new ClipTextModel(ModelVectors.Text, file.Weights("w.cond_stage_model.model.")).Forward(run.Graph, ids));
        return run.Run()["states"];
    }

    private static float[] Decode(IGraphBackend backend, StorageTypes storage, VectorFile file, float[] latents, LatentSize size)
    {
        AutoencoderConfig config = new(Ch: 32, ChMult: [1, 1, 1, 1], NumResBlocks: 1);
        GraphUnderTest run = new(backend, storage);
        float[] scaled = [.. latents.Select(v => v / config.ScalingFactor)];
        Value z = run.Input("z", [1, size.Frames, size.Height, size.Width, size.Channels], scaled);
        run.Output("video", new AutoencoderKL(config, file.Weights("w.first_stage_model.")).Decode(run.Graph, z));
        return run.Run()["video"];
    }
}
