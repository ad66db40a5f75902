using Hummingbird.Vulkan.Engine.Schedulers;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Engine.Generation;

/// <summary>Whether a model can do what is asked; each refusal names the value and what is allowed.</summary>
public static class RequestCheck
{
    public const int MaxFrames = 1024;
    public const int MaxSide = 4096;
    public const int MaxSteps = 1000;

    /// <exception cref="GenerationException">With the reason.</exception>
    public static void Validate(GenerationRequest request, ModelFolder model)
    {
        if (string.IsNullOrWhiteSpace(request.Prompt))
        {
            throw new GenerationException("prompt", "The prompt is empty: say what the video should show.");
        }

        Range("frames", request.Frames, 1, MaxFrames);
        Range("fps", request.Fps, 1, 240);
        Range("steps", request.Steps, 1, MaxSteps);
        if (request.Stages != GenerationStages.Default && model.MagicVideo is null)
        {
            throw GenerationException.Of("stages", $"is for cascades such as MagicVideo; {model.DisplayName} is {(model.SnapVideo is null ? "one network" : "run as a whole")}.");
        }

        if (model.MagicVideo is { } cascade)
        {
            Range("width", request.Width, 1, MaxSide);
            Range("height", request.Height, 1, MaxSide);
            CascadeSize.Of(request, cascade);
        }
        else if (model.SnapVideo is { } snap)
        {
            Cascade(request, snap, model.DisplayName);
        }
        else
        {
            Side("width", request.Width, model);
            Side("height", request.Height, model);
        }

        if (!double.IsFinite(request.GuidanceScale) || request.GuidanceScale is < 0 or > 100)
        {
            throw GenerationException.Of("guidance_scale", $"is {request.GuidanceScale}; it must be between 0 and 100.");
        }

        if (request.NegativePrompt.Length > 0 && HasEmbeddedGuidance(model))
        {
            throw GenerationException.Of(
                "negative_prompt",
                $"cannot be used: {model.DisplayName} has its guidance built in (it was distilled with it) and never sees one; leave it out.");
        }
    }

    /// <summary>Guidance is an input of the network: one call per step and no negative prompt.</summary>
    public static bool HasEmbeddedGuidance(ModelFolder model) => model.SnapVideo is null && model.UNetConfig.TimeCondDim is not null;

    /// <summary>Width and height must be multiples of this many pixels.</summary>
    public static int PixelUnit(ModelFolder model) => model.VaeConfig.PixelsPerLatent * model.UNetConfig.DownsampleFactor;

    /// <summary>Learned positions and groups leave no choice of size.</summary>
    private static void Cascade(GenerationRequest request, SnapVideoParts cascade, string name)
    {
        if (request.Width != cascade.Width || request.Height != cascade.Height)
        {
            throw new GenerationException("width", $"width and height are {request.Width} and {request.Height}; {name} makes {cascade.Width} x {cascade.Height} and nothing else.");
        }

        if (request.Frames != cascade.Frames && request.Frames != 1)
        {
            throw GenerationException.Of("frames", $"is {request.Frames}; {name} makes videos of {cascade.Frames} frames, or an image of 1.");
        }

        if (request.Scheduler != Samplers.EdmHeun)
        {
            throw GenerationException.Of("scheduler", $"is {request.Scheduler}; {name} has its own, {Samplers.EdmHeun}.");
        }

        if (request.Steps < 2)
        {
            throw GenerationException.Of("steps", $"is {request.Steps}; the sampler of {name} takes 2 or more.");
        }

        if (request.NegativePrompt.Length > 0)
        {
            throw GenerationException.Of("negative_prompt", $"is given, but {name} is guided away from no prompt at all; leave it out.");
        }
    }

    private static void Side(string name, int value, ModelFolder model)
    {
        Range(name, value, 1, MaxSide);
        int unit = PixelUnit(model);
        if (value % unit != 0)
        {
            int below = Math.Max(unit, value / unit * unit);
            throw GenerationException.Of(name, $"is {value}; for {model.DisplayName} it must be a multiple of {unit}, such as {below} or {below + unit}.");
        }
    }

    private static void Range(string name, int value, int least, int most)
    {
        if (value < least || value > most)
        {
            throw GenerationException.Of(name, $"is {value}; it must be between {least} and {most}.");
        }
    }
}
