using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.WeightsConverter.Pickle;

namespace Hummingbird.Vulkan.WeightsConverter.Checkpoints;

/// <summary>How a file stores its tensors.</summary>
public enum CheckpointFormat
{
    Safetensors,
    TorchZip,
    TorchLegacy,
}

/// <param name="AllowsInertObjects">Objects of foreign classes become inert tokens also outside whole pickled modules.</param>
/// <param name="ChecksContents">Whether the checksums of an archive's members are verified on opening, which reads the whole file.</param>
public sealed record CheckpointOptions(bool AllowsInertObjects = false, bool ChecksContents = false);

/// <summary>An open file of weights, whatever its format and name: every tensor by name, read when asked for.</summary>
/// <remarks>Formats are told by content. Nothing in a file is imported, called or run; see <see cref="PickleGlobals"/> for what a pickle may
/// hold. Any file that cannot be used gives a <see cref="WeightException"/> of one line.</remarks>
public sealed class Checkpoint : IDisposable
{
    private readonly List<IDisposable> owned;

    internal Checkpoint(string displayName, CheckpointFormat format, IReadOnlyList<SourceTensor> tensors, IReadOnlyList<string> files, List<IDisposable> owned)
    {
        (DisplayName, Format, Files, this.owned) = (displayName, format, files, owned);
        var byName = new Dictionary<string, SourceTensor>(StringComparer.Ordinal);
        foreach (SourceTensor tensor in tensors)
        {
            if (!byName.TryAdd(tensor.Name, tensor))
                throw WeightException.In(displayName, $"holds two tensors named {Quote.Name(tensor.Name)}.");
        }

        Tensors = byName;
    }

    public string DisplayName { get; }

    public CheckpointFormat Format { get; }

    /// <summary>The file, or the shards an index names; absolute paths do not occur unless given so.</summary>
    public IReadOnlyList<string> Files { get; }

    public IReadOnlyDictionary<string, SourceTensor> Tensors { get; }

    /// <summary>The members of an archive; empty for other formats.</summary>
    internal IReadOnlyList<ZipEntry> Members { get; init; } = [];

    /// <summary>Whether every tensor is a number of a list, as LoRA files of T2V-Turbo are.</summary>
    public bool IsList => Tensors.Count > 0 && Enumerable.Range(0, Tensors.Count).All(i => Tensors.ContainsKey(i.ToString()));

    /// <exception cref="WeightException">The file is missing, not a file of weights, damaged, or holds what it may not.</exception>
    public static Checkpoint Open(string path, CheckpointOptions? options = null)
    {
        if (path.EndsWith(SafetensorsSource.IndexSuffix, StringComparison.Ordinal))
            return FromSafetensors(path);
        CheckpointBytes file = CheckpointBytes.Open(path);
        try
        {
            return Open(file, options ?? new CheckpointOptions(), path);
        }
        catch (Exception e) when (e is OverflowException or OutOfMemoryException or IndexOutOfRangeException)
        {
            file.Dispose();
            throw new WeightException($"{path}: damaged in a way that its numbers do not fit together ({e.Message}).", e);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Opens bytes already in memory.</summary>
    public static Checkpoint Open(ReadOnlyMemory<byte> contents, string displayName, CheckpointOptions? options = null)
    {
        try
        {
            return Open(CheckpointBytes.Open(contents, displayName), options ?? new CheckpointOptions(), null);
        }
        catch (OverflowException e)
        {
            throw new WeightException($"{displayName}: damaged in a way that its numbers do not fit together ({e.Message}).", e);
        }
    }

    public void Dispose()
    {
        foreach (IDisposable resource in owned)
            resource.Dispose();
    }

    private static Checkpoint Open(CheckpointBytes file, CheckpointOptions options, string? path)
    {
        switch (ContentType.Of(file))
        {
            case CheckpointFormat.TorchZip:
                return new TorchArchive(file, options).Open();
            case CheckpointFormat.TorchLegacy:
                return new LegacyTorchFile(file, options).Open();
            default:
                if (path is not null)
                {
                    file.Dispose();
                    return FromSafetensors(path);
                }

                byte[] bytes = file.ReadBytes(0, checked((int)file.Length), "the file");
                return From(SafetensorsSource.From(SafetensorsFile.Open(bytes, file.DisplayName)), [file.DisplayName]);
        }
    }

    private static Checkpoint FromSafetensors(string path)
    {
        SafetensorsSource source = SafetensorsSource.Open(path);
        return From(source, path.EndsWith(SafetensorsSource.IndexSuffix, StringComparison.Ordinal)
            ? [path, .. source.Files.Select(f => f.DisplayName)] : [path]);
    }

    private static Checkpoint From(SafetensorsSource source, IReadOnlyList<string> files)
    {
        IEnumerable<SourceTensor> tensors = source.Files.SelectMany(file => file.Tensors.Values
            .Where(entry => source.Owns(file, entry.Name)).Select(entry => new SafetensorsTensor(file, entry)));
        return new Checkpoint(source.DisplayName, CheckpointFormat.Safetensors, [.. tensors.OrderBy(t => t.Name, StringComparer.Ordinal)], files, [source]);
    }
}
