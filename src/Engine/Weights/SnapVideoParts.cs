namespace Hummingbird.Vulkan.Engine.Weights;

/// <summary>What a Snap Video model is made of besides its weights: <see cref="ModelFolder.UNet"/> are those of the first stage,
/// <see cref="ModelFolder.Vae"/> those of the second (none where there is none), <see cref="ModelFolder.TextEncoder"/> those of the T5.</summary>
/// <param name="First">Shape of the first stage.</param>
/// <param name="Second">Shape of the second one; null: the video is that of the first.</param>
/// <param name="Text">Shape of the text encoder.</param>
/// <param name="Sampler">Sampler and cascade.</param>
public sealed record SnapVideoParts(FitConfig First, FitConfig? Second, T5Config Text, SnapSamplerConfig Sampler)
{
    /// <summary>_class_name in model_index.json.</summary>
    public const string ClassName = "SnapVideoPipeline";

    public const string FirstFolder = "fit_stage1", SecondFolder = "fit_stage2";

    public int Frames => First.Frames;

    /// <summary>Of the finished video.</summary>
    public int Width => Second?.Width ?? First.Width;

    /// <summary>Of the finished video.</summary>
    public int Height => Second?.Height ?? CoarseHeight;

    /// <summary>Rows of the first stage's video without what it is padded with.</summary>
    public int CoarseHeight => First.Height - Sampler.Stage1.PadRows[0] - Sampler.Stage1.PadRows[1];

    /// <summary>Whether the parts fit each other.</summary>
    internal void CheckAgreement(Func<string, ConfigCheck> checkOf)
    {
        ConfigCheck first = checkOf($"{FirstFolder}/config.json"), text = checkOf("text_encoder/config.json"), sampler = checkOf("scheduler/scheduler_config.json");
        first.That(First.CondChannels == 0, "cond_channels", $"is {First.CondChannels}; the first stage reads no coarser video, expected 0");
        first.That(First.InChannels == 3, "in_channels", $"is {First.InChannels}, expected red, green and blue");
        text.That(Text.DModel == First.TextDim, "d_model", $"is {Text.DModel}, but text_dim of {FirstFolder}/config.json is {First.TextDim}");
        sampler.That(CoarseHeight > 0, "stage1.pad_rows", $"leave {CoarseHeight} of {First.Height} rows");
        if (Second is null)
            return;
        ConfigCheck second = checkOf($"{SecondFolder}/config.json");
        second.That(Second.InChannels == First.InChannels && Second.CondChannels == First.InChannels, "cond_channels",
            $"and in_channels are {Second.CondChannels} and {Second.InChannels}, expected {First.InChannels} each: the coarser video and the noise");
        second.That(Second.TextDim == First.TextDim, "text_dim", $"is {Second.TextDim}, but {First.TextDim} in {FirstFolder}");
        (int width, int height) = (First.Width * Sampler.Upscale, CoarseHeight * Sampler.Upscale);
        second.That(Second.Frames == Frames && Second.Height == height && Second.Width == width, "size",
            $"is {Second.Frames} x {Second.Height} x {Second.Width}, but {FirstFolder} enlarged {Sampler.Upscale} times is {Frames} x {height} x {width}");
        sampler.That(Sampler.Stage2.PadRows is [0, 0], "stage2.pad_rows", "must be 0: the second stage sees the first one's video and nothing else");
    }
}
