using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Engine.Generation;

/// <summary>The stages of a Snap Video generation and what lies between them; videos are [C, T, H, W] around [-1, 1].</summary>
/// <remarks>Source: Menapace et al. 2024, sections 3.1 and 4.</remarks>
public sealed class SnapCascade(SnapVideoParts parts)
{
    /// <param name="weights">Of the first stage.</param>
    /// <param name="steps">Of the first stage.</param>
    /// <param name="guidance">The higher guidance scale.</param>
    public FitStage First(IWeightSource weights, int steps, double guidance)
        => FitStage.Create("fit_stage1", parts.First, weights, parts.Sampler, parts.Sampler.Stage1, steps, guidance);

    /// <summary>The second stage takes as many of its own steps as the first one takes of its own, in proportion.</summary>
    public FitStage Second(IWeightSource weights, int stepsOfFirst, double guidance)
        => FitStage.Create("fit_stage2", parts.Second!, weights, parts.Sampler, parts.Sampler.Stage2, StepsOfSecond(stepsOfFirst), guidance);

    public int StepsOfSecond(int stepsOfFirst)
        => Math.Max(2, (int)Math.Round((double)stepsOfFirst * parts.Sampler.Stage2.Steps / parts.Sampler.Stage1.Steps));

    /// <summary>Cuts off the rows a stage was padded with.</summary>
    public static float[] WithoutPadding(ReadOnlySpan<float> video, FitConfig config, SnapStageConfig stage)
    {
        int above = stage.PadRows[0], rows = config.Height - above - stage.PadRows[1], planes = video.Length / (config.Height * config.Width);
        float[] cut = new float[planes * rows * config.Width];
        for (int plane = 0; plane < planes; plane++)
        {
            video.Slice(((plane * config.Height) + above) * config.Width, rows * config.Width).CopyTo(cut.AsSpan(plane * rows * config.Width));
        }

        return cut;
    }

    /// <summary>What the second stage reads of the first: enlarged, within [-1, 1], and with a little noise.</summary>
    /// <param name="video">Of the first stage, without padding.</param>
    /// <param name="noise">Standard normal, of the second stage's size.</param>
    public float[] Coarse(float[] video, ReadOnlySpan<float> noise)
    {
        float[] coarse = BilinearEnlargement.Apply(video, parts.CoarseHeight, parts.First.Width, parts.Sampler.Upscale);
        for (int i = 0; i < coarse.Length; i++)
        {
            coarse[i] = Math.Clamp(coarse[i], -1, 1) + (float)(parts.Sampler.SigmaAug * noise[i]);
        }

        return coarse;
    }

    /// <summary>The mean of all frames: an image is a video that stands still.</summary>
    public static float[] MeanFrame(ReadOnlySpan<float> video, int frames)
    {
        int channels = 3, pixels = video.Length / (channels * frames);
        float[] mean = new float[channels * pixels];
        for (int plane = 0; plane < channels * frames; plane++)
        {
            Span<float> target = mean.AsSpan(plane / frames * pixels, pixels);
            ReadOnlySpan<float> source = video.Slice(plane * pixels, pixels);
            for (int i = 0; i < pixels; i++)
            {
                target[i] += source[i] / frames;
            }
        }

        return mean;
    }
}
