using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.WeightsConverter;
using Hummingbird.Vulkan.WeightsConverter.Checkpoints;
using Hummingbird.Vulkan.WeightsConverter.Output;

namespace Hummingbird.Vulkan.Cli;

/// <summary>What a file of weights holds: from its names and shapes, nothing in it is run; its bytes are read for their hash only.</summary>
internal static class CheckpointView
{
    private const int BytesLookedAt = 9;

    /// <summary>By content: a zip archive, a pickle, safetensors; and an index of shards by its name. A pipe or a missing file is none.</summary>
    public static bool IsWeights(string path)
    {
        if (path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase) || path.EndsWith(SafetensorsSource.IndexSuffix, StringComparison.Ordinal))
        {
            return true;
        }

        FileInfo info = new(File.Exists(path) && File.ResolveLinkTarget(path, returnFinalTarget: true) is { } target ? target.FullName : path);
        if (!info.Exists || info.Length < BytesLookedAt)
        {
            return false; // A pipe has no length.
        }

        using FileStream file = File.OpenRead(path);
        Span<byte> start = stackalloc byte[BytesLookedAt];
        file.ReadExactly(start);
        return start is [(byte)'P', (byte)'K', ..] or [0x80, >= 1 and <= 5, ..] or [_, _, _, <= 5, 0, 0, 0, 0, (byte)'{'];
    }

    public static void Show(string path, bool listsTensors, TextWriter output, CancellationToken cancellation)
    {
        using Checkpoint checkpoint = Checkpoint.Open(path);
        CheckpointSummary summary = CheckpointSummary.Of(checkpoint);
        string kind = checkpoint.Format switch
        {
            CheckpointFormat.TorchLegacy => "PyTorch checkpoint of before 1.6",
            CheckpointFormat.TorchZip => "PyTorch checkpoint",
            _ => "safetensors",
        };
        output.WriteLine($"{Path.GetFileName(path)}: {kind}, {summary.Family ?? "of no model known here"}");
        foreach (WeightSummary component in summary.Components)
        {
            Show(component, output);
        }

        if (summary.Problem is not null)
        {
            output.WriteLine(Terminal.Printable(summary.Problem));
        }

        ShowMetadata(path, checkpoint.Format, output);
        foreach ((SourceRecord record, string? publishedAs) in CheckpointSummary.Hashes(checkpoint, cancellation))
        {
            output.WriteLine($"sha256 {record.Sha256}{(checkpoint.Files.Count == 1 ? "" : $" {Terminal.Printable(record.File)}")}{(publishedAs is null ? "" : $", the published {publishedAs}")}");
        }

        foreach (SourceTensor tensor in checkpoint.Tensors.Values.Where(_ => listsTensors).OrderBy(t => t.Name, StringComparer.Ordinal))
        {
            output.WriteLine($"  {tensor.Type,-4} [{string.Join(", ", tensor.Shape)}] {Terminal.Printable(tensor.Name)}");
        }
    }

    public static void Show(WeightSummary summary, TextWriter output)
        => output.WriteLine($"{Terminal.Printable(summary.Name)}: {summary.Tensors} tensors, {Figures.Count(summary.Parameters)} parameters, {Figures.Bytes(summary.Bytes)}, {string.Join(" and ", summary.Types)}");

    private static void ShowMetadata(string path, CheckpointFormat format, TextWriter output)
    {
        if (format != CheckpointFormat.Safetensors)
        {
            return;
        }

        using SafetensorsSource source = SafetensorsSource.Open(path);
        foreach ((string key, string value) in source.Files.SelectMany(f => f.Metadata).Distinct())
        {
            output.WriteLine($"metadata {Terminal.Printable(key)}: {Terminal.Printable(value)}");
        }
    }
}
