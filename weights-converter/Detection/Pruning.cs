using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.WeightsConverter.Checkpoints;

namespace Hummingbird.Vulkan.WeightsConverter.Detection;

/// <summary>Makes a student of the teacher: one residual block a level instead of two, and at 0.7B no middle block.</summary>
/// <remarks>Of each encoder level the first block stays, the one that widens. Of each decoder level the first and the last stay: the first
/// reads what comes from below, the last holds the up-sampling. At all but two levels shapes allow nothing else. The guidance projection,
/// which the teacher lacks, begins at zero, so that guidance has no effect before training.
/// Source: Hummingbird (arXiv 2503.18559); the kept blocks follow from the published shapes.</remarks>
internal static class Pruning
{
    private const int GuidanceChannels = 256;

    public static (UNetConfig Config, IEnumerable<SourceTensor> Tensors) Prune(
        UNetConfig teacher, IReadOnlyDictionary<string, SourceTensor> unet, bool keepsMiddle, string file)
    {
        if (teacher.NumResBlocks != 2 || !teacher.HasMiddle)
            throw WeightException.In(file, $"has {teacher.NumResBlocks} residual blocks a level{(teacher.HasMiddle ? "" : " and no middle block")}; --prune takes VideoCrafter2, which has 2 and a middle block.");
        UNetConfig student = teacher with { NumResBlocks = 1, HasMiddle = keepsMiddle, TimeCondDim = teacher.TimeCondDim ?? GuidanceChannels };
        Dictionary<string, string> stages = StageMap(teacher, student);
        var tensors = new List<SourceTensor>();
        foreach (ManifestEntry entry in UNetManifest.Of(student).Entries)
        {
            string source = SourceName(entry.Name, stages);
            if (unet.TryGetValue(source, out SourceTensor? tensor))
                tensors.Add(tensor.As(entry.Name));
            else if (entry.Name == "time_cond_proj.weight")
                tensors.Add(new ZeroTensor(entry.Name, unet["time_embed.0.weight"].Type, entry.Shape));
            else
                throw WeightException.In(file, $"lacks {Quote.Name(source)}, which the pruned model keeps.");
        }

        return (student, tensors);
    }

    /// <summary>From a student's stage to the teacher's it is made of.</summary>
    private static Dictionary<string, string> StageMap(UNetConfig teacher, UNetConfig student)
    {
        int levels = teacher.ChannelMult.Length;
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        for (int level = 0; level < levels; level++)
        {
            map[$"input_blocks.{(2 * level) + 1}"] = $"input_blocks.{(3 * level) + 1}";
            if (level + 1 < levels)
                map[$"input_blocks.{(2 * level) + 2}"] = $"input_blocks.{(3 * level) + 3}";
            map[$"output_blocks.{2 * level}"] = $"output_blocks.{3 * level}";
            map[$"output_blocks.{(2 * level) + 1}"] = $"output_blocks.{(3 * level) + 2}";
        }

        return UNetPlan.Create(student).Decoder.Length == 2 * levels ? map : throw new InvalidOperationException("A student has two decoder blocks a level.");
    }

    private static string SourceName(string name, Dictionary<string, string> stages)
    {
        string[] parts = name.Split('.', 3);
        return parts.Length == 3 && stages.TryGetValue($"{parts[0]}.{parts[1]}", out string? stage) ? $"{stage}.{parts[2]}" : name;
    }
}
