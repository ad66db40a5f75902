using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.WeightsConverter.Checkpoints;

namespace Hummingbird.Vulkan.Cli;

/// <summary>What a PyTorch checkpoint holds, from its directory and pickle alone: no values are read and nothing in it is run.</summary>
internal static class CheckpointView
{
    /// <summary>By content: a zip archive or a pickle. A pipe or a missing file is none.</summary>
    public static bool IsCheckpoint(string path)
    {
        if (!File.Exists(path) || new FileInfo(path).Length < 2)
        {
            return false;
        }

        using FileStream file = File.OpenRead(path);
        return (file.ReadByte(), file.ReadByte()) is ('P', 'K') or (0x80, >= 1 and <= 5);
    }

    public static void Show(string path, bool listsTensors, TextWriter output)
    {
        using Checkpoint checkpoint = Checkpoint.Open(path);
        SourceTensor[] tensors = [.. checkpoint.Tensors.Values.OrderBy(t => t.Name, StringComparer.Ordinal)];
        IEnumerable<WeightType> types = tensors.GroupBy(t => t.Type).OrderByDescending(g => g.Sum(t => t.ElementCount)).Select(g => g.Key);
        string kind = checkpoint.Format == CheckpointFormat.TorchLegacy ? "PyTorch checkpoint of before 1.6" : "PyTorch checkpoint";
        output.WriteLine($"{Path.GetFileName(path)}: {kind}, {tensors.Length} tensors, {Figures.Count(tensors.Sum(t => t.ElementCount))} parameters, {Figures.Bytes(tensors.Sum(t => t.SizeInBytes))}, {string.Join(" and ", types)}");
        foreach (SourceTensor tensor in listsTensors ? tensors : [])
        {
            output.WriteLine($"  {tensor.Type,-4} [{string.Join(", ", tensor.Shape)}] {Terminal.Printable(tensor.Name)}");
        }
    }
}
