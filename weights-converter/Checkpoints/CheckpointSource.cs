using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.WeightsConverter.Detection;

namespace Hummingbird.Vulkan.WeightsConverter.Checkpoints;

/// <summary>Checkpoints and folders of any form as one set of weights, so that what a model was made of can be laid beside it.</summary>
public sealed class CheckpointSource : IWeightSource, IDisposable
{
    private readonly IReadOnlyList<Checkpoint> checkpoints;
    private readonly Dictionary<string, (SourceTensor Tensor, string File)> tensors = new(StringComparer.Ordinal);

    private CheckpointSource(string displayName, IReadOnlyList<Checkpoint> checkpoints) => (DisplayName, this.checkpoints) = (displayName, checkpoints);

    public string DisplayName { get; }

    public IEnumerable<string> Names => tensors.Keys;

    /// <summary>A file's tensors under their own names.</summary>
    /// <exception cref="WeightException">No file of weights, or a damaged one.</exception>
    public static CheckpointSource OpenFile(string path)
    {
        Checkpoint checkpoint = Checkpoint.Open(path);
        var source = new CheckpointSource(path, [checkpoint]);
        foreach (SourceTensor tensor in checkpoint.Tensors.Values)
            source.tensors.Add(tensor.Name, (tensor, path));
        return source;
    }

    /// <summary>The networks of a model folder or of a whole checkpoint, each tensor as COMPONENT/NAME.</summary>
    /// <exception cref="WeightException">No network is recognised.</exception>
    public static CheckpointSource OpenModel(string path)
    {
        var parts = new SourceParts();
        var open = new List<Checkpoint>();
        try
        {
            if (Directory.Exists(path))
                AddFolder(parts, path, file => Kept(open, file));
            else
                parts.Add(Kept(open, path));
        }
        catch
        {
            open.ForEach(checkpoint => checkpoint.Dispose());
            throw;
        }

        var source = new CheckpointSource(path, open);
        foreach (string component in parts.Components)
        {
            foreach (SourceTensor tensor in parts[component].Values)
                source.tensors.Add($"{component}/{tensor.Name}", (tensor, parts.FileOf(component)));
        }

        return source;
    }

    public bool TryGet(string name, [NotNullWhen(true)] out WeightTensor? tensor)
    {
        tensor = tensors.TryGetValue(name, out (SourceTensor Tensor, string File) found) ? new Weight(name, found.Tensor, found.File) : null;
        return tensor is not null;
    }

    public void Dispose()
    {
        foreach (Checkpoint checkpoint in checkpoints)
            checkpoint.Dispose();
    }

    /// <summary>Adds every component of a folder in diffusers' layout.</summary>
    internal static void AddFolder(SourceParts parts, string folder, Func<string, Checkpoint> open)
    {
        bool found = false;
        foreach (string component in SourceParts.Folders)
        {
            string? file = SourceParts.FilesOf(component).Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
            if (file is not null)
                parts.Add(component, open(file));
            found |= file is not null;
        }

        if (!found)
            throw WeightException.In(folder, "is a folder without unet, vae or text_encoder weights; name a checkpoint file or a model folder.");
    }

    private static Checkpoint Kept(List<Checkpoint> open, string path)
    {
        Checkpoint checkpoint = Checkpoint.Open(path);
        open.Add(checkpoint);
        return checkpoint;
    }

    private sealed class Weight(string name, SourceTensor tensor, string file) : WeightTensor(name, Dimensions(tensor, file), tensor.Type)
    {
        public override void ReadFloats(Span<float> destination, long first = 0) => FloatReader.Read(tensor, destination, first);

        public override void ReadHalves(Span<Half> destination, long first = 0)
        {
            byte[] stored = new byte[destination.Length * Type.SizeInBytes()];
            tensor.Read(stored, first);
            WeightConversion.ToHalves(Type, stored, destination);
        }

        private static ImmutableArray<int> Dimensions(SourceTensor tensor, string file) => tensor.Shape.Any(d => d > int.MaxValue)
            ? throw WeightException.In(file, $"tensor {Quote.Name(tensor.Name)} has shape {Quote.Shape(tensor.Shape.AsSpan())}; dimensions are limited to {int.MaxValue}.")
            : [.. tensor.Shape.Select(d => (int)d)];
    }
}
