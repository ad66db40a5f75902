using System.IO.Compression;
using System.Security.Cryptography;
using Hummingbird.Vulkan.Engine.Text;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.WeightsConverter.Output;

/// <summary>The files of a CLIP or T5 vocabulary, by name within the tokenizer folder.</summary>
internal sealed record Vocabulary(string From, IReadOnlyDictionary<string, byte[]> Files)
{
    public const string MergeList = "bpe_simple_vocab_16e6.txt", PackedMergeList = MergeList + ".gz";

    private const string PackedSha256 = "924691ac288e54409236115652ad4aa250f48203de50a9e4722a6ecd48d6804a";
    private const string TextSha256 = "67603cfda2e032ad77b5f8808af37789d590db664b26df8705d2bf8b3c553fc8";
    private const int Largest = 16 << 20;

    /// <summary>T5's pieces.</summary>
    public const string Pieces = "spiece.model";

    private static readonly string[] HuggingFaceFiles = ["vocab.json", "merges.txt", "tokenizer_config.json"];

    /// <summary>Reads the vocabulary named, or null when none is named and none lies beside the sources.</summary>
    /// <exception cref="WeightException">The one named is missing or is not the published list.</exception>
    public static Vocabulary? Find(string? named, IEnumerable<string> sources)
    {
        if (named is not null)
            return Read(named) ?? throw WeightException.In(named, $"holds no CLIP vocabulary: expected vocab.json with merges.txt, or {PackedMergeList}.");
        return sources.Select(source => Directory.Exists(source) ? source : Path.GetDirectoryName(Path.GetFullPath(source))!)
            .Distinct().Select(Read).FirstOrDefault(found => found is not null);
    }

    /// <summary>The same of T5's pieces.</summary>
    /// <exception cref="WeightException">The ones named are missing or no SentencePiece model.</exception>
    public static Vocabulary? FindPieces(string? named, IEnumerable<string> sources)
    {
        if (named is not null)
            return ReadPieces(named) ?? throw WeightException.In(named, $"holds no {Pieces}, the SentencePiece vocabulary of T5.");
        return sources.Select(source => Directory.Exists(source) ? source : Path.GetDirectoryName(Path.GetFullPath(source))!)
            .Distinct().Select(ReadPieces).FirstOrDefault(found => found is not null);
    }

    private static Vocabulary? ReadPieces(string path)
    {
        string? file = ((string[])[path, Path.Combine(path, Pieces), Path.Combine(path, "tokenizer", Pieces)]).FirstOrDefault(File.Exists);
        if (file is null)
            return null;
        byte[] bytes = BoundedFile.Read(file, Largest);
        _ = UnigramTokenizer.FromModel(bytes, file, contextLength: 2); // refuses what is none
        return new Vocabulary(file, new Dictionary<string, byte[]>(StringComparer.Ordinal) { [Pieces] = bytes });
    }

    private static Vocabulary? Read(string path)
    {
        if (File.Exists(path))
            return OfMergeList(path);
        if (!Directory.Exists(path) && path != "nano")
            throw WeightException.In(path, "no such file or folder.");
        string[] folders = [path, Path.Combine(path, "tokenizer")];
        foreach (string folder in folders)
        {
            if (File.Exists(Path.Combine(folder, "vocab.json")) && File.Exists(Path.Combine(folder, "merges.txt")))
            {
                return new Vocabulary(folder, HuggingFaceFiles.Where(f => File.Exists(Path.Combine(folder, f)))
                    .ToDictionary(f => f, f => BoundedFile.Read(Path.Combine(folder, f), Largest), StringComparer.Ordinal));
            }
        }

        string? list = folders.SelectMany(f => (string[])[Path.Combine(f, PackedMergeList), Path.Combine(f, MergeList)]).FirstOrDefault(File.Exists);
        return list is null ? null : OfMergeList(list);
    }

    /// <summary>The published list, plain or packed, known by its hash: another one would turn every prompt into other tokens.</summary>
    private static Vocabulary OfMergeList(string path)
    {
        byte[] bytes = BoundedFile.Read(path, Largest);
        bool isPacked = bytes is [0x1F, 0x8B, ..];
        string found = Convert.ToHexStringLower(SHA256.HashData(bytes));
        bool isKnown = found is PackedSha256 or TextSha256 || (isPacked && Convert.ToHexStringLower(SHA256.HashData(Unpack(bytes, path))) == TextSha256);
        return isKnown
            ? new Vocabulary(path, new Dictionary<string, byte[]>(StringComparer.Ordinal) { [isPacked ? PackedMergeList : MergeList] = bytes })
            : throw WeightException.In(path, $"has SHA-256 {found}, expected {PackedSha256} ({PackedMergeList} as OpenAI and open_clip publish it).");
    }

    private static byte[] Unpack(byte[] bytes, string path)
    {
        try
        {
            using var gzip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
            byte[] text = new byte[Largest];
            int length = gzip.ReadAtLeast(text, Largest, throwOnEndOfStream: false);
            return text[..length];
        }
        catch (InvalidDataException e)
        {
            throw new WeightException($"{path}: damaged gzip data: {e.Message}", e);
        }
    }
}
