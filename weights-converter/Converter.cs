using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;
using Hummingbird.Vulkan.WeightsConverter.Checkpoints;
using Hummingbird.Vulkan.WeightsConverter.Detection;
using Hummingbird.Vulkan.WeightsConverter.Output;

namespace Hummingbird.Vulkan.WeightsConverter;

/// <summary>Turns published checkpoints into a model folder. Nothing in them is run; nothing is written until all of it is right.</summary>
/// <remarks>Memory: pieces of tensors only, beside a strided view or a LoRA layer, which are loaded whole, one at a time.</remarks>
public sealed class Converter : IDisposable
{
    private const string PlainSuffix = ".safetensors";

    private readonly ConversionRequest request;
    private readonly List<Checkpoint> checkpoints = [];
    private readonly List<(string Path, long Length, DateTime Written, IReadOnlyList<ZipEntry> Members)> files = [];
    private ModelFolder? like;

    private Converter(ConversionRequest request) => this.request = request;

    /// <exception cref="WeightException">A source cannot be used, or the output cannot be written; the message says what to do.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; an old output is as it was.</exception>
    public static ConversionReport Run(ConversionRequest request, IProgress<ConversionProgress>? progress = null, CancellationToken cancellation = default)
    {
        using var converter = new Converter(request);
        try
        {
            return request.Output.EndsWith(PlainSuffix, StringComparison.OrdinalIgnoreCase)
                ? converter.ToFile(progress, cancellation) : converter.ToFolder(progress, cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new WeightException($"{request.Output}: cannot be written: {e.Message} An old output is as it was.", e);
        }
    }

    public void Dispose()
    {
        foreach (Checkpoint checkpoint in checkpoints)
            checkpoint.Dispose();
        like?.Dispose();
    }

    private ConversionReport ToFolder(IProgress<ConversionProgress>? progress, CancellationToken cancellation)
    {
        AtomicFolder.Check(request.Output);
        like = request.Like is null ? null : ModelFolder.Open(request.Like);
        var parts = new SourceParts();
        foreach (string source in request.Sources)
            AddSource(parts, source);
        RecognisedModel model = RecognisedModel.Of(parts, like, request.Prune);
        Vocabulary? vocabulary = FindVocabulary(model);
        if (request.Pack is { Count: > 0 } && (vocabulary is null || !(model.IsComplete || model.IsCascade || model.IsSnapVideo)))
            throw new WeightException("--pack needs a complete model: all its networks, and its vocabulary (--vocab).");
        List<string> notes = [.. model.Notes];
        if (model.IsSnapVideo && vocabulary is null)
            notes.Add($"no T5 vocabulary: put {Vocabulary.Pieces} into {Path.Combine(request.Output, "tokenizer")} before generating, or name it with --vocab.");
        if (model.TextEncoder is not null && vocabulary is null)
        {
            notes.Add($"no CLIP vocabulary: put {Vocabulary.PackedMergeList} (of open_clip or OpenAI's CLIP) into {Path.Combine(request.Output, "tokenizer")} before generating, "
                + "or name it with --vocab.");
        }

        WeightSummary[] summaries = [.. parts.Components.Select(c => Summary(c, parts[c].Values))];
        var report = new ConversionReport(model.Family, summaries, notes, summaries.Sum(s => s.Bytes));
        if (!request.IsDryRun)
            Write(model, vocabulary, report, notes, progress, cancellation);
        return report;
    }

    private Vocabulary? FindVocabulary(RecognisedModel model)
    {
        string[] places = [.. request.Sources, .. request.Like is null or "nano" ? [] : new[] { request.Like }];
        return model.TextEncoder is not null ? Vocabulary.Find(request.Vocabulary, places)
            : model.SnapTextEncoder is not null ? Vocabulary.FindPieces(request.Vocabulary, places) : null;
    }

    private void Write(RecognisedModel model, Vocabulary? vocabulary, ConversionReport report, List<string> notes, IProgress<ConversionProgress>? progress, CancellationToken cancellation)
    {
        CheckSpace(report.Bytes);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        // Hashing is as slow as copying: the two run side by side.
        Task<SourceRecord[]> digests = Task.Run(() => files.Select(f => SourceDigest.Of(f.Path, f.Members, stop.Token)).ToArray(), CancellationToken.None);
        try
        {
            using AtomicFolder folder = AtomicFolder.Create(request.Output);
            var writer = new ModelWriter(model, request, Counter(report.Bytes, progress), cancellation);
            writer.WriteWeights(folder);
            SourceRecord[] sources = digests.GetAwaiter().GetResult();
            CheckUnchanged();
            notes.AddRange(from source in sources let name = PublishedFiles.NameOf(source.Sha256) where name is not null select $"{source.File} is the published {name}, bit for bit.");
            writer.WriteRest(folder, vocabulary, Record(report, sources));
            WritePacked(folder, notes, cancellation);
            cancellation.ThrowIfCancellationRequested();
            folder.Commit();
        }
        finally
        {
            stop.Cancel();
            digests.ContinueWith(static done => _ = done.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).GetAwaiter().GetResult();
        }
    }

    /// <summary>Packed weights, of the model as it lies in the new folder already.</summary>
    private void WritePacked(AtomicFolder folder, List<string> notes, CancellationToken cancellation)
    {
        if (request.Pack is not { Count: > 0 } families)
            return;
        folder.Flush();
        using ModelFolder model = ModelFolder.Open(folder.Temporary);
        foreach (MatrixFamily family in families.Distinct())
        {
            TensorToWrite[] tensors = [.. ModelPacking.Pack(model, ModelPacking.TargetOf(family))];
            folder.Write(PackedWeights.FileOf(family), stream => SafetensorsWriter.Write(stream, tensors.Select(t => t with
            {
                WriteData = to =>
                {
                    cancellation.ThrowIfCancellationRequested();
                    t.WriteData(to);
                },
            })));
            notes.Add($"{PackedWeights.FileOf(family)}: {tensors.Length} weights, {tensors.Sum(t => t.Shape[0]) >> 20} MiB beside the others.");
        }
    }

    /// <summary>All tensors as they are, into one file: for any checkpoint, known or not.</summary>
    private ConversionReport ToFile(IProgress<ConversionProgress>? progress, CancellationToken cancellation)
    {
        if (request.Sources.Count != 1 || request.Prune is not null || request.Pack is { Count: > 0 })
            throw new WeightException("An output ending in .safetensors takes one source as it is; name a folder to put a model together.");
        Checkpoint checkpoint = Open(request.Sources[0]);
        foreach ((string path, _, _, IReadOnlyList<ZipEntry> members) in files)
            SourceDigest.Of(path, members, cancellation);
        WeightSummary summary = Summary(Path.GetFileName(request.Output), checkpoint.Tensors.Values);
        var report = new ConversionReport("tensors as they are", [summary], [], summary.Bytes);
        if (request.IsDryRun)
            return report;
        CheckSpace(report.Bytes);
        Action<int> onBytes = Counter(report.Bytes, progress);
        SafetensorsWriter.Write(request.Output, checkpoint.Tensors.Values.Select(tensor =>
        {
            WeightType target = TypeConversion.TargetOf(tensor, request.Type);
            return new TensorToWrite(tensor.Name, target, tensor.Shape, stream => TypeConversion.Write(tensor, target, checkpoint.DisplayName, stream, onBytes, cancellation));
        }));
        return report;
    }

    private void AddSource(SourceParts parts, string source)
    {
        if (!Directory.Exists(source))
        {
            parts.Add(Open(source));
            return;
        }

        CheckpointSource.AddFolder(parts, source, Open);
        if (like is null && File.Exists(Path.Combine(source, "model_index.json")))
            like = ModelFolder.Open(source);
    }

    private Checkpoint Open(string path)
    {
        Checkpoint checkpoint = Checkpoint.Open(path, new CheckpointOptions(request.AllowsInertObjects));
        checkpoints.Add(checkpoint);
        foreach (string file in checkpoint.Files)
        {
            FileInfo info = Real(file);
            files.Add((file, info.Length, info.LastWriteTimeUtc, checkpoint.Members));
        }

        return checkpoint;
    }

    private void CheckUnchanged()
    {
        foreach ((string path, long length, DateTime written, _) in files)
        {
            FileInfo now = Real(path);
            if (!now.Exists || now.Length != length || now.LastWriteTimeUtc != written)
                throw WeightException.In(path, "changed while it was read; convert it again when nothing writes to it.");
        }
    }

    /// <summary>The file itself where the path is a link, as in the Hub's cache.</summary>
    private static FileInfo Real(string path) => File.ResolveLinkTarget(path, returnFinalTarget: true) is { } target ? new FileInfo(target.FullName) : new FileInfo(path);

    private void CheckSpace(long bytes)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(Path.TrimEndingDirectorySeparator(request.Output)))!;
        if (!Directory.Exists(folder))
            throw WeightException.In(request.Output, $"cannot be written: the folder {folder} does not exist.");
        long free = new DriveInfo(folder).AvailableFreeSpace;
        if (free < bytes)
            throw WeightException.In(request.Output, $"needs {bytes} bytes, but only {free} are free on that disk. An old output is as it was.");
    }

    private ConversionRecord Record(ConversionReport report, SourceRecord[] sources) => new(
        Format: 1,
        typeof(Converter).Assembly.GetName().Version!.ToString(3),
        report.Family,
        Layout: "torch",
        request.Type is { } type ? NameOf(type) : "as stored",
        request.Prune switch { PruneTarget.Hummingbird07B => "0.7b", PruneTarget.Hummingbird09B => "0.9b", _ => null },
        request.Pack is { Count: > 0 } families ? [.. families.Distinct().Select(PackedWeights.FileOf)] : null,
        sources);

    private static string NameOf(WeightType type) => type switch { WeightType.F16 => "fp16", WeightType.BF16 => "bf16", _ => "fp32" };

    private WeightSummary Summary(string name, IEnumerable<SourceTensor> tensors)
    {
        SourceTensor[] all = [.. tensors];
        IEnumerable<WeightType> types = all.GroupBy(t => TypeConversion.TargetOf(t, request.Type)).OrderByDescending(g => g.Sum(t => t.ElementCount)).Select(g => g.Key);
        return new(name, all.Length, all.Sum(t => t.ElementCount), all.Sum(t => t.ElementCount * TypeConversion.TargetOf(t, request.Type).SizeInBytes()), [.. types]);
    }

    private static Action<int> Counter(long total, IProgress<ConversionProgress>? progress)
    {
        long done = 0;
        return bytes => progress?.Report(new ConversionProgress(done += bytes, total));
    }
}
