using System.Globalization;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.WeightsConverter.Checkpoints;
using Hummingbird.Vulkan.WeightsConverter.Detection;

namespace Hummingbird.Vulkan.Cli;

/// <summary><c>--lora FILE[:SCALE]</c>: files of low-rank updates, merged into a model one after the other.</summary>
internal sealed class LoraChoice : IDisposable
{
    private readonly List<CheckpointSource> open = [];

    /// <summary>The model with all of them; files stay open, as weights are merged when they are read.</summary>
    /// <exception cref="UsageException">A scale is no number.</exception>
    /// <exception cref="WeightException">A file cannot be used with this model.</exception>
    public ModelFolder Apply(ModelFolder model, IReadOnlyList<string> choices)
    {
        foreach (string choice in choices)
        {
            (string path, float scale) = Split(choice);
            CheckpointSource file = CheckpointSource.OpenFile(path);
            open.Add(file);
            IReadOnlyDictionary<string, LowRankPair> updates = LoraFile.Match(
                file, model.UNet, scale, () => UNetManifest.LoraLayers(model.UNetConfig));
            model = model.WithLora(updates, choice);
        }

        return model;
    }

    public void Dispose()
    {
        foreach (CheckpointSource file in open)
        {
            file.Dispose();
        }
    }

    /// <summary>The file, and what stands behind the last colon where that is a number (a name may hold colons).</summary>
    internal static (string Path, float Scale) Split(string choice)
    {
        int colon = choice.LastIndexOf(':');
        if (colon <= 1 || choice.AsSpan(colon + 1).IndexOfAny("/\\") >= 0)
        {
            return (choice, 1);
        }

        return float.TryParse(choice.AsSpan(colon + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out float scale) && float.IsFinite(scale)
            ? (choice[..colon], scale)
            : throw new UsageException($"--lora {choice}: '{choice[(colon + 1)..]}' is no scale; write FILE:0.8, or FILE alone.");
    }
}
