using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Generation;

/// <summary>Extents of a cascade's tensors, all from the request and the model.</summary>
/// <param name="Stages">What is run.</param>
/// <param name="Keyframes">Frames of the first stage.</param>
/// <param name="Between">Frames between two keyframes, 0 without interpolation.</param>
/// <param name="Height">Of a latent.</param>
/// <param name="Width">Of a latent.</param>
/// <param name="Channels">Of a latent.</param>
/// <param name="PixelsPerLatent">Along a side.</param>
/// <param name="Scale">Super-resolution's factor, 1 without.</param>
/// <param name="Window">Frames the VideoVAE decodes together.</param>
public sealed record CascadeSize(
    GenerationStages Stages, int Keyframes, int Between, int Height, int Width, int Channels, int PixelsPerLatent, int Scale, int Window)
{
    public int Pairs => Keyframes - 1;

    /// <summary>Of the finished video.</summary>
    public int Frames => (Pairs * (Between + 1)) + 1;

    public int LatentCount => Height * Width * Channels;

    public Shape KeyframeShape => [1, Keyframes, Height, Width, Channels];

    /// <summary>Pairs of keyframes go through interpolation together, so many that they need no more memory than the keyframes did.</summary>
    public int PairsTogether => Enumerable.Range(1, Math.Max(1, Keyframes / (Between + 2))).Last(n => Pairs % n == 0);

    /// <summary>Slots of each pair: the two keyframes, then what lies between.</summary>
    public Shape PairShape => [PairsTogether, Between + 2, Height, Width, Channels];

    /// <summary>A decoded frame before super-resolution.</summary>
    public Shape FrameShape => [1, 1, Height * PixelsPerLatent, Width * PixelsPerLatent, 3];

    public Shape LargeFrameShape => [1, 1, FrameShape[2] * Scale, FrameShape[3] * Scale, 3];

    /// <summary>First frame and length of each window of the VideoVAE; a later window's first frame was decoded before and is dropped.</summary>
    public IEnumerable<(int First, int Count)> Windows
    {
        get
        {
            int step = Math.Max(1, Window - 1);
            for (int first = 0; first == 0 || first + 1 < Frames; first += step)
            {
                yield return (first, Math.Min(Window, Frames - first));
                if (first + Window >= Frames)
                {
                    yield break;
                }
            }
        }
    }

    /// <exception cref="GenerationException">The model cannot do what is asked.</exception>
    public static CascadeSize Of(GenerationRequest request, MagicVideoParts model)
    {
        GenerationStages stages = Check(request, model);
        bool isLonger = stages.HasFlag(GenerationStages.Interpolate);
        int between = isLonger ? model.Interpolation!.Config.NumFrames - 2 : 0;
        int scale = stages.HasFlag(GenerationStages.Upscale) ? model.Settings.SrScale : 1;
        int unit = model.Vae.PixelsPerLatent * scale;
        int keyframes = ((request.Frames - 1) / (between + 1)) + 1;
        if ((request.Frames - 1) % (between + 1) != 0 || keyframes > model.Keyframes.NumFrames || (isLonger && keyframes < 2))
        {
            int most = ((model.Keyframes.NumFrames - 1) * (between + 1)) + 1;
            throw GenerationException.Of("frames", isLonger
                ? $"is {request.Frames}; with {between} frames between keyframes it must be {between + 2}, {(2 * between) + 3} ... {most}."
                : $"is {request.Frames}; this model makes 1 to {most} keyframes.");
        }

        return new(
            stages, keyframes, between, request.Height / unit, request.Width / unit, model.Vae.ZChannels, model.Vae.PixelsPerLatent, scale, model.Vae.NumFrames);
    }

    /// <summary>Stages, width and height.</summary>
    private static GenerationStages Check(GenerationRequest request, MagicVideoParts model)
    {
        GenerationStages stages = Generation.Stages.Of(request.Stages, model);
        if (!stages.HasFlag(GenerationStages.Keyframes) || !stages.HasFlag(GenerationStages.Decode))
        {
            throw GenerationException.Of("stages", $"is {Generation.Stages.Format(stages)}; a video needs keyframes and decode.");
        }

        if ((stages.HasFlag(GenerationStages.Interpolate) && model.Interpolation is null) || (stages.HasFlag(GenerationStages.Upscale) && model.Upscaling is null))
        {
            string missing = stages.HasFlag(GenerationStages.Interpolate) && model.Interpolation is null
                ? $"interpolate, but the model has no {MagicVideoParts.InterpolationFolder}" : $"upscale, but the model has no {MagicVideoParts.UpscalingFolder}";
            throw GenerationException.Of("stages", $"asks for {missing}.");
        }

        bool isLarger = stages.HasFlag(GenerationStages.Upscale);
        int unit = model.Vae.PixelsPerLatent * model.Keyframes.DownsampleFactor * (isLarger ? model.Settings.SrScale : 1);
        unit = isLarger ? LeastMultiple(unit, model.Upscaling!.Config.DownsampleFactor) : unit;
        foreach ((string name, int value) in new[] { ("width", request.Width), ("height", request.Height) })
        {
            if (value % unit != 0)
            {
                int below = Math.Max(unit, value / unit * unit);
                throw GenerationException.Of(name, $"is {value}; for these stages it must be a multiple of {unit}, such as {below} or {below + unit}.");
            }
        }

        return stages;
    }

    private static int LeastMultiple(int a, int b) => Enumerable.Range(1, b).Select(i => a * i).First(n => n % b == 0);
}
