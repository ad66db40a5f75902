using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Schedulers;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Generation;

/// <summary>Everything the U-Net reads that no step changes: shifts of all steps, keys and values of the prompts.</summary>
public sealed class UNetConditions
{
    /// <summary>Ends the names of the negative prompt's keys and values.</summary>
    public const string NegativeSuffix = ".negative";

    private readonly float[] shifts;
    private readonly int shiftChannels;
    private readonly IReadOnlyList<(string Input, float[] Values)> context;

    private UNetConditions(float[] shifts, int shiftChannels, IReadOnlyList<(string, float[])> context)
        => (this.shifts, this.shiftChannels, this.context) = (shifts, shiftChannels, context);

    public static UNetConditions Compute(
        IDenoiser unet, IGraphBackend backend, StorageTypes storage, GenerationRequest request, IScheduler scheduler, PromptEmbeddings prompt,
        CancellationToken cancellation, float? fps = null)
    {
        int steps = scheduler.Timesteps.Count;
        using IGraphExecutor executor = backend.Prepare(Build(unet, storage, steps, prompt.Tokens));
        WriteTimes(executor, unet, request, scheduler, fps ?? request.Fps);
        List<(string, float[])> inputs = [];
        float[] table = new float[steps * unet.ShiftChannels];
        foreach ((float[] states, string suffix) in Prompts(prompt))
        {
            executor.Write("context", states);
            executor.Run(cancellation);
            executor.Read("shifts", table);
            for (int i = 0; i < unet.CrossAttentionChannels.Length; i++)
            {
                float[] keysValues = new float[prompt.Tokens * 2 * unet.CrossAttentionChannels[i]];
                executor.Read($"context_kv.{i}", keysValues);
                inputs.Add(($"context_kv.{i}{suffix}", keysValues));
            }
        }

        return new(table, unet.ShiftChannels, inputs);
    }

    /// <summary>All that depends on timesteps and prompt alone, in fp32: <see cref="UNet.BuildConditioning"/>.</summary>
    public static ComputeGraph Build(IDenoiser unet, StorageTypes storage, int steps, int tokens)
    {
        GraphBuilder g = new("conditioning", DType.F32, storage.Weights);
        unet.BuildConditioning(g, steps, 1, tokens);
        return g.Build();
    }

    /// <summary>The row of step <paramref name="step"/>.</summary>
    public ReadOnlySpan<float> ShiftsOf(int step) => shifts.AsSpan(step * shiftChannels, shiftChannels);

    public void WriteContext(IGraphExecutor executor)
    {
        foreach ((string input, float[] values) in context)
        {
            executor.Write(input, values);
        }
    }

    private static IEnumerable<(float[] States, string Suffix)> Prompts(PromptEmbeddings prompt)
        => prompt.Negative is null ? [(prompt.Prompt, "")] : [(prompt.Prompt, ""), (prompt.Negative, NegativeSuffix)];

    private static void WriteTimes(IGraphExecutor executor, IDenoiser unet, GenerationRequest request, IScheduler scheduler, float fps)
    {
        int width = unet.EmbeddingChannels;
        executor.Write("timestep", Rows(scheduler.Timesteps, t => Embeddings.Timestep(t, width)));
        if (executor.Graph.Inputs.ContainsKey("fps"))
        {
            executor.Write("fps", Rows(scheduler.Timesteps, _ => Embeddings.Timestep(fps, width)));
        }

        if (unet.GuidanceChannels > 0)
        {
            executor.Write("guidance", Rows(scheduler.Timesteps, _ => Embeddings.Guidance((float)request.GuidanceScale, unet.GuidanceChannels)));
        }
    }

    private static float[] Rows(IReadOnlyList<int> timesteps, Func<int, float[]> row) => [.. timesteps.SelectMany(row)];
}
