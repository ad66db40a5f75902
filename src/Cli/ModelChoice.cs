using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Cli;

/// <summary>Which model to run: a folder, the embedded one, or a published architecture without its weights.</summary>
internal static class ModelChoice
{
    /// <param name="model">Folder, an embedded model's name, "config:NAME", OWNER/REPO that was pulled, or null for the embedded model.</param>
    /// <param name="randomWeights">Seed of random weights; goes with a published architecture only.</param>
    /// <exception cref="UsageException">The two do not go together.</exception>
    /// <exception cref="WeightException">There is no such model.</exception>
    /// <exception cref="Engine.Hub.HubException">There is no such repository in the cache, or it is no model folder.</exception>
    public static ModelFolder Open(string? model, long? randomWeights)
    {
        bool isArchitecture = model?.StartsWith(PublishedModels.Prefix, StringComparison.OrdinalIgnoreCase) ?? false;
        string names = string.Join(", ", PublishedModels.Names.Select(name => PublishedModels.Prefix + name));
        return (isArchitecture, randomWeights) switch
        {
            (true, long seed) => PublishedModels.Open(model!, seed),
            (true, null) => throw new UsageException($"{model} is an architecture without weights: add --random-weights SEED, or name a model folder."),
            (false, not null) => throw new UsageException($"--random-weights goes with a published architecture: --model {names}."),
            _ => ModelFolder.Open(model is null ? null : PulledFiles.ModelFolder(model) ?? model),
        };
    }
}
