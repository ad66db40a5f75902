using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Engine.Text;

/// <summary>A byte-pair vocabulary: token texts with ids, and the merges in the order they were learned.</summary>
/// <remarks>Token texts use <see cref="ByteAlphabet"/>; the last one of a word ends with <see cref="EndOfWord"/>.</remarks>
internal sealed class ClipVocabulary
{
    public const string EndOfWord = "</w>";
    private const int PublishedMerges = 48_894;
    private const int LargestText = 16 << 20;

    private readonly string file;

    private ClipVocabulary(string file, Dictionary<string, int> ids, IEnumerable<(string Left, string Right)> merges, string start, string end)
    {
        this.file = file;
        (Ids, Start, End) = (ids, start, end);
        (StartId, EndId) = (IdOf(start), IdOf(end));
        ByteIds = [.. ByteAlphabet.CharOf.Select(c => IdOf(c.ToString()))];
        LastByteIds = [.. ByteAlphabet.CharOf.Select(c => IdOf(c + EndOfWord))];
        Merges = new BytePairMerges(Ranked(merges));
    }

    public IReadOnlyDictionary<string, int> Ids { get; }

    /// <summary>Texts of the start and end tokens; they are recognised in prompts as well.</summary>
    public string Start { get; }

    public string End { get; }

    public int StartId { get; }

    public int EndId { get; }

    /// <summary>The token of each byte inside a word, and at its end.</summary>
    public int[] ByteIds { get; }

    public int[] LastByteIds { get; }

    public BytePairMerges Merges { get; }

    /// <summary>Hugging Face's pair of files.</summary>
    public static ClipVocabulary FromHuggingFace(byte[] vocabJson, byte[] mergesText, string file, string start, string end)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        try
        {
            using var json = JsonDocument.Parse(vocabJson, new JsonDocumentOptions { MaxDepth = 4, AllowDuplicateProperties = false });
            foreach (JsonProperty entry in json.RootElement.EnumerateObject())
                ids[entry.Name] = entry.Value.GetInt32();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new WeightException($"{file}: not a vocabulary of tokens and ids: {e.Message}", e);
        }

        int wrong = ids.Values.Order().Index().FirstOrDefault(pair => pair.Index != pair.Item, (Index: -1, Item: 0)).Index;
        if (wrong >= 0)
            throw WeightException.In(file, $"the ids of {ids.Count} tokens must be 0 to {ids.Count - 1}, each once; {wrong} is missing.");
        return new ClipVocabulary(file, ids, Lines(mergesText, file), start, end);
    }

    /// <summary>The published bpe_simple_vocab_16e6.txt, plain or gzipped: ids follow from the order of the merges.</summary>
    public static ClipVocabulary FromMergeList(byte[] text, string file)
    {
        const string start = "<start_of_text>", end = "<end_of_text>";
        (string Left, string Right)[] merges = [.. Lines(Unpacked(text, file), file).Take(PublishedMerges)];
        IEnumerable<string> alphabet = ByteAlphabet.IdOrder.Select(b => ByteAlphabet.CharOf[b].ToString());
        IEnumerable<string> tokens = [.. alphabet, .. alphabet.Select(c => c + EndOfWord), .. merges.Select(m => m.Left + m.Right), start, end];
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (string token in tokens)
        {
            if (!ids.TryAdd(token, ids.Count))
                throw WeightException.In(file, $"the token {Quote.Name(token)} is made twice.");
        }

        return new ClipVocabulary(file, ids, merges, start, end);
    }

    private Dictionary<(int Left, int Right), BytePairMerges.Merge> Ranked(IEnumerable<(string Left, string Right)> merges)
    {
        var ranked = new Dictionary<(int Left, int Right), BytePairMerges.Merge>();
        foreach ((string left, string right) in merges)
        {
            var merge = new BytePairMerges.Merge(ranked.Count, IdOf(left + right));
            if (!ranked.TryAdd((IdOf(left), IdOf(right)), merge))
                throw WeightException.In(file, $"the merge {Quote.Name($"{left} {right}")} appears twice.");
        }

        return ranked;
    }

    private int IdOf(string token) => Ids.TryGetValue(token, out int id) ? id
        : throw WeightException.In(file, $"token {Quote.Name(token)} is missing from the vocabulary.");

    /// <summary>The merges: lines of two symbols behind one header line.</summary>
    private static IEnumerable<(string Left, string Right)> Lines(byte[] text, string file)
    {
        string[] lines;
        try
        {
            lines = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(text).Split('\n');
        }
        catch (ArgumentException e)
        {
            throw new WeightException($"{file}: the list of merges is not UTF-8.", e);
        }

        for (int i = 1; i < lines.Length; i++)
        {
            string[] parts = lines[i].TrimEnd('\r').Split(' ');
            if (parts is [""])
                continue;
            yield return parts is [{ Length: > 0 } left, { Length: > 0 } right] ? (left, right)
                : throw WeightException.In(file, $"line {i + 1} of the merges is {Quote.Name(lines[i])}, expected two symbols and one blank.");
        }
    }

    private static byte[] Unpacked(byte[] text, string file)
    {
        if (text is not [0x1F, 0x8B, ..])
            return text;
        try
        {
            using var gzip = new GZipStream(new MemoryStream(text), CompressionMode.Decompress);
            byte[] unpacked = new byte[LargestText];
            int length = gzip.ReadAtLeast(unpacked, LargestText, throwOnEndOfStream: false);
            return length < LargestText ? unpacked[..length]
                : throw WeightException.In(file, $"unpacks to more than {LargestText} bytes: not a merge list.");
        }
        catch (InvalidDataException e)
        {
            throw new WeightException($"{file}: damaged gzip data: {e.Message}", e);
        }
    }
}
