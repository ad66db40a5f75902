using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Schedulers;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Engine.Generation;

/// <summary>One stage of a Snap Video cascade: a FIT and the evaluations it is run for.</summary>
/// <remarks>An evaluation rewrites its small inputs and submits what was recorded before; state goes through the host between two of them,
/// which is nothing beside a pass of the network.</remarks>
/// <param name="Name">Of its graph.</param>
/// <param name="Network">The FIT.</param>
/// <param name="Sampler">Of the cascade.</param>
/// <param name="SigmaIn">Of the stage.</param>
/// <param name="Evaluations">In order.</param>
public sealed record FitStage(string Name, FitNetwork Network, SnapSamplerConfig Sampler, double SigmaIn, ImmutableArray<HeunEvaluation> Evaluations)
{
    private readonly EdmPreconditioning preconditioning = new(SigmaIn);

    public FitConditioning Conditioning => new(Network.Config, Network.Weights);

    /// <summary>c_noise of every evaluation.</summary>
    public double[] NoiseLevels => [.. Evaluations.Select(e => preconditioning.At(e.Sigma).Noise)];

    /// <param name="name">Of its graph.</param>
    /// <param name="config">Shape of the FIT.</param>
    /// <param name="weights">Its weights.</param>
    /// <param name="sampler">Of the cascade.</param>
    /// <param name="stage">Of the stage.</param>
    /// <param name="steps">Two or more.</param>
    /// <param name="guidance">The higher guidance scale.</param>
    public static FitStage Create(string name, FitConfig config, IWeightSource weights, SnapSamplerConfig sampler, SnapStageConfig stage, int steps, double guidance)
    {
        double[] sigmas = HeunSampler.Sigmas(steps, sampler.SigmaMin, sampler.SigmaMax, sampler.Rho);
        double[] scales = HeunSampler.OscillatingGuidance(steps, guidance, Math.Min(guidance, sampler.GuidanceLo));
        return new(name, new(config, new WeightScope(weights)), sampler, stage.SigmaIn, HeunSampler.Plan(sigmas, scales, stage.SigmaIn));
    }

    public ComputeGraph BuildStep(StorageTypes storage, int textTokens)
        => FitStepGraph.Build(Name, Network, storage, textTokens + Conditioning.OtherTokens, Sampler.ThresholdQ);

    /// <summary>Samples a video.</summary>
    /// <param name="backend">Where to compute.</param>
    /// <param name="storage">Of activations and weights.</param>
    /// <param name="information">What the network is told.</param>
    /// <param name="noise">Standard normal [C, T, H, W].</param>
    /// <param name="lowres">The coarser video, enlarged and with its noise, for the second stage.</param>
    /// <param name="progress">Told how many evaluations are done: 0 when all is loaded.</param>
    /// <param name="stepped">Given the state after every step, as patches in the scaled space.</param>
    /// <param name="cancellation">Honoured between submits.</param>
    /// <returns>[C, T, H, W], or null when a value overflowed.</returns>
    public float[]? Sample(
        IGraphBackend backend, StorageTypes storage, FitInformation information, ReadOnlySpan<float> noise, ReadOnlySpan<float> lowres,
        Action<int>? progress = null, Action<float[]>? stepped = null, CancellationToken cancellation = default)
    {
        FitConditions conditions = FitConditions.Compute(Conditioning, backend, storage, information, NoiseLevels, cancellation);
        using IGraphExecutor executor = backend.Prepare(BuildStep(storage, information.Tokens));
        PatchLayout layout = new(Network.Config);
        float[] start = new float[noise.Length], next = new float[noise.Length], overflows = new float[1];
        layout.ToPatches(noise, start, Network.Config.InChannels);
        Scale(start, Evaluations[0].Sigma);
        if (!lowres.IsEmpty)
        {
            float[] coarse = new float[lowres.Length];
            layout.ToPatches(lowres, coarse, Network.Config.CondChannels);
            executor.Write("lowres", coarse);
        }

        float[] latents = new float[executor.Graph.Input("previous").Shape.Count];
        executor.Write("start", start);
        executor.Write("sample", start);
        executor.Write("previous", latents);
        progress?.Invoke(0);
        for (int i = 0; i < Evaluations.Length; i++)
        {
            HeunEvaluation evaluation = Evaluations[i];
            executor.Write("context", conditions.At(i));
            executor.Write("coefficients", FitStepGraph.Coefficients(preconditioning.At(evaluation.Sigma), evaluation, hasPrevious: i > 0));
            executor.Run(cancellation);
            executor.Read("overflows", overflows);
            if (overflows[0] != 0)
            {
                return null;
            }

            executor.Read("latents", latents);
            executor.Write("previous", latents);
            executor.Read("next", next);
            executor.Write("sample", next);
            bool isStepsEnd = i + 1 == Evaluations.Length || !Evaluations[i + 1].IsCorrection;
            if (isStepsEnd)
            {
                executor.Write("start", next);
                stepped?.Invoke(next);
            }

            progress?.Invoke(i + 1);
        }

        Scale(next, SigmaIn);
        layout.ToVideo(next, start, Network.Config.InChannels);
        return start;
    }

    private static void Scale(Span<float> values, double factor)
    {
        foreach (ref float value in values)
        {
            value = (float)(value * factor);
        }
    }
}
