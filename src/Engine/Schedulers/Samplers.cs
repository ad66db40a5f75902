using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Engine.Schedulers;

/// <summary>The samplers by the names users type.</summary>
public static class Samplers
{
    /// <summary>Of Snap Video models, which have no other.</summary>
    public const string EdmHeun = "edm";

    public static IReadOnlyList<string> Names { get; } = ["lcm", "ddim", "ddpm"];

    /// <summary>Makes a sampler by name; a null name takes the one the configuration names.</summary>
    /// <exception cref="SchedulerException">The name is unknown or the number of steps not possible.</exception>
    public static IScheduler Create(SchedulerConfig config, string? name, int steps) => (name ?? NameOf(config)) switch
    {
        "lcm" => new LcmScheduler(config, steps),
        "ddim" => new DdimScheduler(config, steps),
        "ddpm" => new DdpmScheduler(config, steps),
        string other => throw new SchedulerException($"There is no scheduler '{other}'; there are {string.Join(", ", Names)}."),
    };

    /// <summary>The short name of the configuration's _class_name.</summary>
    public static string NameOf(SchedulerConfig config) => config.ClassName switch
    {
        "LCMScheduler" => "lcm",
        "DDIMScheduler" => "ddim",
        "DDPMScheduler" => "ddpm",
        _ => throw new SchedulerException($"The scheduler configuration names '{config.ClassName}'; supported are LCMScheduler, DDIMScheduler and DDPMScheduler."),
    };
}
