using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Generation;

/// <summary>What a FIT is told besides the video.</summary>
/// <param name="Text">States of the text encoder [tokens, channels]; rows behind the text are zero.</param>
/// <param name="Tokens">Rows of <paramref name="Text"/>.</param>
/// <param name="Fps">Frames a second; infinite for an image.</param>
/// <param name="Height">Of the video that is wanted in the end, in pixels.</param>
/// <param name="Width">Likewise.</param>
/// <param name="SigmaAug">Deviation of the noise on the coarser video; for the second stage.</param>
public sealed record FitInformation(float[] Text, int Tokens, double Fps, int Height, int Width, double SigmaAug);

/// <summary>The conditioning tokens of every evaluation, with and without the text.</summary>
public sealed class FitConditions
{
    private readonly int tokens, channels;
    private readonly float[] text, levels, others;

    private FitConditions(int tokens, int channels, float[] text, float[] levels, float[] others)
        => (this.tokens, this.channels, this.text, this.levels, this.others) = (tokens, channels, text, levels, others);

    /// <param name="conditioning">The network's embedders.</param>
    /// <param name="backend">Where to compute.</param>
    /// <param name="storage">Of weights; activations are fp32.</param>
    /// <param name="information">What it is told.</param>
    /// <param name="noise">c_noise of every evaluation.</param>
    /// <param name="cancellation">Honoured between submits.</param>
    public static FitConditions Compute(
        FitConditioning conditioning, IGraphBackend backend, StorageTypes storage, FitInformation information, IReadOnlyList<double> noise,
        CancellationToken cancellation)
    {
        using IGraphExecutor executor = backend.Prepare(Build(conditioning, storage, noise.Count, information.Tokens));
        executor.Write("text", information.Text);
        executor.Write("noise", [.. noise.SelectMany(u => conditioning.Features("noise", u))]);
        executor.Write("fps", conditioning.Features("fps", FitConditioning.FrameRate(information.Fps)));
        executor.Write("res", FitConditioning.Resolution(information.Height, information.Width));
        bool hasAug = executor.Graph.Inputs.ContainsKey("aug");
        if (hasAug)
        {
            executor.Write("aug", conditioning.Features("aug", information.SigmaAug));
        }

        executor.Run(cancellation);
        float[] Read(string name)
        {
            float[] values = new float[executor.Graph.Output(name).Shape.Count];
            executor.Read(name, values);
            return values;
        }

        float[] noiseTokens = Read("noise");
        float[] otherTokens = [.. Read("fps"), .. Read("res"), .. hasAug ? Read("aug") : []];
        return new(information.Tokens, noiseTokens.Length / noise.Count, Read("text"), noiseTokens, otherTokens);
    }

    public static ComputeGraph Build(FitConditioning conditioning, StorageTypes storage, int levels, int tokens)
    {
        GraphBuilder g = new("conditioning", DType.F32, storage.Weights);
        conditioning.Build(g, levels, tokens);
        return g.Build();
    }

    /// <summary>[2, M, C] of an evaluation: the null condition, whose text tokens are zero, then the prompt.</summary>
    public float[] At(int evaluation)
    {
        float[] one = [.. text, .. levels.AsSpan(evaluation * channels, channels), .. others];
        float[] both = new float[2 * one.Length];
        one.CopyTo(both, one.Length);
        one.AsSpan(tokens * channels).CopyTo(both.AsSpan(tokens * channels));
        return both;
    }
}
