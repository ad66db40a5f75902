using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Engine.Generation;

/// <summary>The stages of a cascade, in order.</summary>
[Flags]
public enum GenerationStages
{
    /// <summary>Those the model runs by itself.</summary>
    Default = 0,

    /// <summary>Latents of a few frames far apart.</summary>
    Keyframes = 1,

    /// <summary>Latents of the frames between.</summary>
    Interpolate = 2,

    /// <summary>Latents to pixels.</summary>
    Decode = 4,

    /// <summary>Super-resolution of every frame.</summary>
    Upscale = 8,
}

/// <summary>Which stages a generation runs, and what it makes of the defaults of a model.</summary>
public static class Stages
{
    /// <summary>As users write them, in order.</summary>
    public static IReadOnlyList<string> Names { get; } = ["keyframes", "interpolate", "decode", "upscale"];

    /// <exception cref="GenerationException">A name is not one of <see cref="Names"/>.</exception>
    public static GenerationStages Parse(string text)
    {
        GenerationStages stages = GenerationStages.Default;
        foreach (string name in text.Split(',', StringSplitOptions.TrimEntries))
        {
            int index = Names.ToList().IndexOf(name);
            stages |= index >= 0
                ? (GenerationStages)(1 << index)
                : throw GenerationException.Of("stages", $"names '{name}'; there are {string.Join(", ", Names)}.");
        }

        return stages;
    }

    public static string Format(GenerationStages stages)
        => string.Join(',', Names.Where((_, i) => stages.HasFlag((GenerationStages)(1 << i))));

    /// <summary>The stages that are run: what was asked for, or all the model has but super-resolution, which takes many times the rest.</summary>
    public static GenerationStages Of(GenerationStages asked, MagicVideoParts model) => asked != GenerationStages.Default
        ? asked
        : GenerationStages.Keyframes | GenerationStages.Decode | (model.Interpolation is null ? GenerationStages.Default : GenerationStages.Interpolate);

    /// <summary>Defaults of the finished video. A cascade's own are those of its keyframes: what lies between makes it longer and
    /// faster, super-resolution larger.</summary>
    public static GenerationDefaults DefaultsOf(ModelFolder model, GenerationStages asked)
    {
        GenerationDefaults defaults = model.Index.Defaults;
        if (model.MagicVideo is not { } cascade)
        {
            return defaults;
        }

        GenerationStages stages = Of(asked, cascade);
        int scale = stages.HasFlag(GenerationStages.Upscale) ? cascade.Settings.SrScale : 1;
        int between = stages.HasFlag(GenerationStages.Interpolate) ? (cascade.Interpolation?.Config.NumFrames ?? 2) - 2 : 0;
        return defaults with
        {
            Width = defaults.Width * scale,
            Height = defaults.Height * scale,
            Frames = ((defaults.Frames - 1) * (between + 1)) + 1,
            Fps = defaults.Fps * (between + 1),
        };
    }
}
