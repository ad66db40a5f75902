namespace Hummingbird.Vulkan.Engine.Text;

/// <summary>Byte-pair merging over token ids: of all neighbouring pairs the one learned first is joined, everywhere, until none is left.</summary>
/// <remarks>A linked list of symbols and a queue ordered by rank then position: n log n also for one very long word.
/// Sennrich et al., "Neural Machine Translation of Rare Words with Subword Units", 2016.</remarks>
internal sealed class BytePairMerges(Dictionary<(int Left, int Right), BytePairMerges.Merge> merges)
{
    private const int None = -1;

    /// <param name="Rank">Order of learning; lower is joined first.</param>
    /// <param name="Id">The joined token.</param>
    public readonly record struct Merge(int Rank, int Id);

    /// <summary>Appends the tokens of one word, given as its single-byte tokens.</summary>
    public void Append(IReadOnlyList<int> word, List<int> result)
    {
        var symbols = new Symbols(merges, word);
        var pass = new List<Pair>();
        while (symbols.TakeFirstRank(pass))
        {
            // All places of one pair, left to right, before any pair that this makes.
            foreach (Pair pair in pass)
                symbols.Join(pair);
        }

        symbols.AppendTo(result);
    }

    private readonly record struct Pair(int At, int Left, int Right);

    /// <summary>The symbols of a word as a linked list, and the pairs in it that could be joined.</summary>
    private sealed class Symbols
    {
        private readonly Dictionary<(int Left, int Right), Merge> merges;
        private readonly int[] ids, next, previous;
        private readonly PriorityQueue<Pair, (int Rank, int At)> queue = new();

        public Symbols(Dictionary<(int Left, int Right), Merge> merges, IReadOnlyList<int> word)
        {
            this.merges = merges;
            ids = [.. word];
            next = [.. Enumerable.Range(1, word.Count)];
            previous = [.. Enumerable.Range(-1, word.Count)];
            if (next.Length > 0)
                next[^1] = None;
            for (int i = 0; i < ids.Length; i++)
                Enqueue(i, next[i]);
        }

        /// <summary>Moves all pairs of the lowest rank into the list; false when there are none.</summary>
        public bool TakeFirstRank(List<Pair> pass)
        {
            pass.Clear();
            int rank = queue.TryPeek(out _, out (int Rank, int At) first) ? first.Rank : None;
            while (queue.TryPeek(out _, out (int Rank, int At) key) && key.Rank == rank)
                pass.Add(queue.Dequeue());
            return pass.Count > 0;
        }

        public void Join(Pair pair)
        {
            int right = next[pair.At];
            bool stale = ids[pair.At] != pair.Left || right == None || ids[right] != pair.Right;
            if (stale)
                return;
            ids[pair.At] = merges[(pair.Left, pair.Right)].Id;
            ids[right] = None;
            next[pair.At] = next[right];
            if (next[right] != None)
                previous[next[right]] = pair.At;
            Enqueue(previous[pair.At], pair.At);
            Enqueue(pair.At, next[pair.At]);
        }

        public void AppendTo(List<int> result)
        {
            for (int i = ids.Length == 0 ? None : 0; i != None; i = next[i])
                result.Add(ids[i]);
        }

        private void Enqueue(int left, int right)
        {
            if (left != None && right != None && merges.TryGetValue((ids[left], ids[right]), out Merge merge))
                queue.Enqueue(new Pair(left, ids[left], ids[right]), (merge.Rank, left));
        }
    }
}
