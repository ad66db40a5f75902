using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Engine.Text;

/// <summary>SentencePiece's unigram tokenizer, as T5 uses it: of all ways to cut a text into pieces the most probable one.</summary>
/// <remarks>Source: Kudo, "Subword Regularization", 2018, section 3.2. What no piece covers is the unknown piece, one for a whole run of
/// such characters, or bytes where the vocabulary has them. <see cref="EncodeToContext"/> is T5's form: text, end, padding; no start.</remarks>
public sealed class UnigramTokenizer : ITokenizer
{
    // What a character costs that no piece covers, below the least probable piece.
    private const float UnknownPenalty = 10;

    private readonly SentencePieceModel model;
    private readonly PieceNormalizer normalizer;
    private readonly PieceTrie trie;
    private readonly int unknownId, endId, padId;
    private readonly float unknownScore, highest;
    private readonly int[] byteIds;

    private UnigramTokenizer(SentencePieceModel model, string file, int contextLength, int endId, int padId)
    {
        (this.model, this.endId, this.padId, ContextLength) = (model, endId, padId, contextLength);
        Piece[] pieces = [.. model.Pieces];
        IEnumerable<(byte[] Utf8, int Id)> Of(params PieceKind[] kinds)
            => pieces.Select((p, i) => (p.Utf8, i)).Where(p => kinds.Contains(pieces[p.i].Kind));
        trie = new(Of(PieceKind.Normal, PieceKind.UserDefined, PieceKind.Unused));
        normalizer = new(new CharacterMap(model.Normalizer.CharacterMap, file), model.Normalizer, new PieceTrie(Of(PieceKind.UserDefined)));
        unknownId = Array.FindIndex(pieces, p => p.Kind == PieceKind.Unknown);
        float[] scores = [.. pieces.Where(p => p.Kind == PieceKind.Normal).Select(p => p.Score).DefaultIfEmpty(0)];
        (unknownScore, highest) = (scores.Min() - UnknownPenalty, scores.Max());
        byteIds = ByteIds(pieces, file);
        foreach ((int id, string name) in new[] { (endId, "eos_token_id"), (padId, "pad_token_id") })
            new ConfigCheck(file).Range(name, id, 0, pieces.Length - 1);
    }

    public int ContextLength { get; }

    public int VocabularySize => model.Pieces.Length;

    /// <param name="bytes">A spiece.model file.</param>
    /// <param name="file">What messages call it.</param>
    /// <param name="contextLength">Tokens of a prompt, end included.</param>
    /// <param name="endId">The end token.</param>
    /// <param name="padId">What fills up the context.</param>
    /// <exception cref="WeightException">It is no unigram model.</exception>
    public static UnigramTokenizer FromModel(ReadOnlySpan<byte> bytes, string file, int contextLength, int endId = 1, int padId = 0)
        => new(SentencePieceModel.Parse(bytes, file), file, contextLength, endId, padId);

    /// <summary>Without a vocabulary: padding, end, unknown, and a piece for every byte.</summary>
    public static UnigramTokenizer OfBytes(int contextLength)
    {
        Piece Named(string text, PieceKind kind) => new(Encoding.UTF8.GetBytes(text), 0, kind);
        ImmutableArray<Piece> pieces =
        [
            Named("<pad>", PieceKind.Control), Named("</s>", PieceKind.Control), Named("<unk>", PieceKind.Unknown),
            .. Enumerable.Range(0, 256).Select(b => Named(ByteName(b), PieceKind.Byte)),
        ];
        return new(new(pieces, new([]), HasByteFallback: true), "bytes", contextLength, 1, 0);
    }

    public IReadOnlyList<int> EncodeToIds(string text)
    {
        byte[] utf8 = normalizer.Normalize(text);
        List<int> ids = [];
        bool isInUnknown = false;
        foreach ((int start, int end, int id) in BestPath(utf8))
        {
            bool isUnknown = id == unknownId;
            if (isUnknown && model.HasByteFallback)
                ids.AddRange(utf8[start..end].Select(b => byteIds[b]));
            else if (!isUnknown || !isInUnknown)
                ids.Add(id);
            isInUnknown = isUnknown && !model.HasByteFallback;
        }

        return ids;
    }

    public int CountTokens(string text) => EncodeToIds(text).Count;

    public string Decode(IEnumerable<int> ids)
    {
        List<byte> bytes = [];
        foreach (int id in ids.TakeWhile(id => id != endId))
        {
            Piece piece = (uint)id < (uint)model.Pieces.Length ? model.Pieces[id] : model.Pieces[unknownId];
            if (piece.Kind == PieceKind.Byte)
                bytes.Add((byte)Array.IndexOf(byteIds, id));
            else if (piece.Kind == PieceKind.Unknown)
                bytes.AddRange(" \u2047 "u8);
            else if (piece.Kind != PieceKind.Control)
                bytes.AddRange(piece.Utf8);
        }

        string text = Encoding.UTF8.GetString([.. bytes]).Replace('\u2581', ' ');
        return model.Normalizer.AddDummyPrefix && !model.Normalizer.WhitespaceIsSuffix && text.StartsWith(' ') ? text[1..] : text;
    }

    public int[] EncodeToContext(string text)
    {
        int[] ids = new int[ContextLength];
        Array.Fill(ids, padId);
        IReadOnlyList<int> all = EncodeToIds(text);
        int count = Math.Min(all.Count, ContextLength - 1);
        for (int i = 0; i < count; i++)
            ids[i] = all[i];
        ids[count] = endId;
        return ids;
    }

    private static string ByteName(int value) => string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>");

    private int[] ByteIds(Piece[] pieces, string file)
    {
        if (!model.HasByteFallback)
            return [];
        Dictionary<string, int> byName = [];
        for (int i = 0; i < pieces.Length; i++)
        {
            if (pieces[i].Kind == PieceKind.Byte)
                byName[pieces[i].Text] = i;
        }

        return [.. Enumerable.Range(0, 256).Select(b => byName.TryGetValue(ByteName(b), out int id) ? id
            : throw WeightException.In(file, $"falls back to bytes, but has no piece {ByteName(b)}."))];
    }

    /// <summary>The pieces of the most probable cut, in order (Viterbi). Sums are kept in fp32, as where the vocabularies come from.</summary>
    private List<(int Start, int End, int Id)> BestPath(byte[] utf8)
    {
        (int Start, int Id, float Score)[] best = new (int, int, float)[utf8.Length + 1];
        Array.Fill(best, (-1, -1, 0f));
        int at = 0;
        while (at < utf8.Length)
        {
            Rune.DecodeFromUtf8(utf8.AsSpan(at), out _, out int character);
            float soFar = best[at].Score;
            bool isCovered = false;
            int node = 0;
            for (int end = at + 1; end <= utf8.Length && trie.Advance(ref node, utf8[end - 1], out int id); end++)
            {
                if (id < 0 || model.Pieces[id].Kind == PieceKind.Unused)
                    continue;
                double score = model.Pieces[id].Kind == PieceKind.UserDefined ? ((end - at) * highest) - 0.1 : model.Pieces[id].Score;
                Offer(ref best[end], at, id, score + soFar);
                isCovered |= end - at == character;
            }

            if (!isCovered)
                Offer(ref best[at + character], at, unknownId, unknownScore + soFar);
            at += character;
        }

        List<(int, int, int)> path = [];
        for (int end = utf8.Length; end > 0; end = best[end].Start)
            path.Add((best[end].Start, end, best[end].Id));
        path.Reverse();
        return path;
    }

    private static void Offer(ref (int Start, int Id, float Score) best, int start, int id, double score)
    {
        if (best.Start < 0 || score > best.Score)
            best = (start, id, (float)score);
    }
}
