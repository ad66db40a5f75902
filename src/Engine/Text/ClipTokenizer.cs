using System.Text;

namespace Hummingbird.Vulkan.Engine.Text;

/// <summary>OpenAI CLIP's byte-pair tokenizer, as OpenCLIP runs it.</summary>
/// <remarks>Text is cleaned, split into words, each word's UTF-8 bytes are merged by rank. Ids equal those of the original
/// (SimpleTokenizer); padding is <c>padId</c> (0 for OpenCLIP) and not the end token.</remarks>
public sealed class ClipTokenizer : ITokenizer
{
    private readonly ClipVocabulary vocabulary;
    private readonly string[] specials;
    private readonly Lazy<string[]> tokens;

    private ClipTokenizer(ClipVocabulary vocabulary, int contextLength, int padId)
    {
        this.vocabulary = vocabulary;
        PadId = padId;
        ContextLength = contextLength;
        specials = [vocabulary.Start, vocabulary.End];
        tokens = new(() => [.. vocabulary.Ids.OrderBy(pair => pair.Value).Select(pair => pair.Key)]);
    }

    public int ContextLength { get; }

    public int VocabularySize => vocabulary.Ids.Count;

    public int StartId => vocabulary.StartId;

    public int EndId => vocabulary.EndId;

    public int PadId { get; }

    /// <summary>From Hugging Face's vocab.json and merges.txt.</summary>
    /// <param name="file">What messages call these files.</param>
    /// <exception cref="Weights.WeightException">The files are malformed or do not belong together.</exception>
    public static ClipTokenizer FromHuggingFace(
        byte[] vocabJson, byte[] mergesText, string file, int contextLength, int padId = 0,
        string start = "<|startoftext|>", string end = "<|endoftext|>") =>
        new(ClipVocabulary.FromHuggingFace(vocabJson, mergesText, file, start, end), contextLength, padId);

    /// <summary>From the published bpe_simple_vocab_16e6.txt, plain or gzipped.</summary>
    /// <exception cref="Weights.WeightException">The file is malformed.</exception>
    public static ClipTokenizer FromMergeList(byte[] text, string file, int contextLength = 77, int padId = 0) =>
        new(ClipVocabulary.FromMergeList(text, file), contextLength, padId);

    public IReadOnlyList<int> EncodeToIds(string text)
    {
        text = PromptText.Clean(text);
        var ids = new List<int>();
        foreach (Range piece in PreTokenizer.Split(text, specials))
            AppendPiece(text[piece], ids);
        return ids;
    }

    public int CountTokens(string text) => EncodeToIds(text).Count;

    public int[] EncodeToContext(string text)
    {
        int[] context = new int[ContextLength];
        Array.Fill(context, PadId);
        IReadOnlyList<int> ids = EncodeToIds(text);
        int kept = Math.Min(ids.Count, ContextLength - 2);
        context[0] = StartId;
        for (int i = 0; i < kept; i++)
            context[i + 1] = ids[i];
        context[kept + 1] = EndId;
        return context;
    }

    public string Decode(IEnumerable<int> ids)
    {
        var bytes = new List<byte>();
        foreach (int id in ids)
        {
            if (id == EndId)
                break;
            if (id != StartId)
                AppendBytes(id, bytes);
        }

        return Encoding.UTF8.GetString([.. bytes]).TrimEnd();
    }

    private void AppendPiece(string piece, List<int> ids)
    {
        if (specials.Contains(piece))
        {
            ids.Add(vocabulary.Ids[piece]);
            return;
        }

        byte[] bytes = Encoding.UTF8.GetBytes(piece);
        int[] symbols = [.. bytes.Select(b => vocabulary.ByteIds[b])];
        symbols[^1] = vocabulary.LastByteIds[bytes[^1]];
        vocabulary.Merges.Append(symbols, ids);
    }

    private void AppendBytes(int id, List<byte> bytes)
    {
        if (id < 0 || id >= VocabularySize)
            throw new ArgumentOutOfRangeException(nameof(id), id, $"Token ids go from 0 to {VocabularySize - 1}.");
        string token = tokens.Value[id];
        bool ends = token.EndsWith(ClipVocabulary.EndOfWord, StringComparison.Ordinal);
        foreach (char c in ends ? token[..^ClipVocabulary.EndOfWord.Length] : token)
        {
            if (ByteAlphabet.ByteOf.TryGetValue(c, out byte b))
                bytes.Add(b);
        }

        if (ends)
            bytes.Add((byte)' ');
    }
}
