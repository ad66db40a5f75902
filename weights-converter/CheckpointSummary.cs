using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.WeightsConverter.Checkpoints;
using Hummingbird.Vulkan.WeightsConverter.Detection;
using Hummingbird.Vulkan.WeightsConverter.Output;

namespace Hummingbird.Vulkan.WeightsConverter;

/// <summary>What a file of weights holds, from its names and shapes alone.</summary>
/// <param name="Family">The model or network recognised; null for none.</param>
/// <param name="Problem">Why none was recognised, or what does not fit; null when all does.</param>
/// <param name="Components">Of a whole model its networks; else the file as one.</param>
public sealed record CheckpointSummary(CheckpointFormat Format, string? Family, string? Problem, IReadOnlyList<WeightSummary> Components)
{
    /// <exception cref="WeightException">No file of weights, or a damaged one.</exception>
    public static CheckpointSummary Of(Checkpoint checkpoint)
    {
        var parts = new SourceParts();
        WeightSummary whole = SummaryOf(Path.GetFileName(checkpoint.DisplayName), checkpoint.Tensors.Values);
        try
        {
            parts.Add(checkpoint);
            if (parts.Lora is not null)
                return new(checkpoint.Format, "a LoRA list as T2V-Turbo's", null, [whole]);
            RecognisedModel model = RecognisedModel.Of(parts, like: null, prune: null);
            WeightSummary[] components = [.. parts.Components.Select(c => SummaryOf(c, parts[c].Values))];
            return new(checkpoint.Format, model.Family, null, components.Length == 1 ? [whole] : components);
        }
        catch (WeightException e)
        {
            return new(checkpoint.Format, null, e.Message, [whole]);
        }
    }

    /// <summary>SHA-256 of every file of a checkpoint, and what it is known as, where it is one of the published ones. Reads them whole.</summary>
    public static IEnumerable<(SourceRecord Record, string? PublishedAs)> Hashes(Checkpoint checkpoint, CancellationToken cancellation = default) =>
        checkpoint.Files.Select(file => SourceDigest.Of(file, checkpoint.Members, cancellation)).Select(record => (record, PublishedFiles.NameOf(record.Sha256)));

    private static WeightSummary SummaryOf(string name, IEnumerable<SourceTensor> tensors)
    {
        SourceTensor[] all = [.. tensors];
        IEnumerable<WeightType> types = all.GroupBy(t => t.Type).OrderByDescending(g => g.Sum(t => t.ElementCount)).Select(g => g.Key);
        return new(name, all.Length, all.Sum(t => t.ElementCount), all.Sum(t => t.SizeInBytes), [.. types]);
    }
}
