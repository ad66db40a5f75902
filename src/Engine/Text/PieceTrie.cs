namespace Hummingbird.Vulkan.Engine.Text;

/// <summary>Pieces by their bytes: which of them stand at the start of a text.</summary>
internal sealed class PieceTrie
{
    private const int None = -1;

    private readonly Dictionary<(int Node, byte Label), int> edges = [];
    private readonly List<int> ids = [None];

    /// <param name="pieces">Bytes and ids; of equal pieces the last one counts.</param>
    public PieceTrie(IEnumerable<(byte[] Utf8, int Id)> pieces)
    {
        foreach ((byte[] utf8, int id) in pieces)
        {
            int node = 0;
            foreach (byte label in utf8)
            {
                if (!edges.TryGetValue((node, label), out int next))
                {
                    next = ids.Count;
                    ids.Add(None);
                    edges.Add((node, label), next);
                }

                node = next;
            }

            ids[node] = id;
        }
    }

    /// <summary>One byte further; false when no piece goes on so.</summary>
    /// <param name="node">0 at a text's start.</param>
    /// <param name="label">The byte.</param>
    /// <param name="id">The piece that ends here, or -1.</param>
    public bool Advance(ref int node, byte label, out int id)
    {
        id = None;
        if (!edges.TryGetValue((node, label), out int next))
            return false;
        node = next;
        id = ids[next];
        return true;
    }

    /// <summary>Length of the longest piece at the start of a text; 0 when there is none.</summary>
    public int LongestMatch(ReadOnlySpan<byte> utf8)
    {
        (int node, int longest) = (0, 0);
        for (int i = 0; i < utf8.Length && Advance(ref node, utf8[i], out int id); i++)
            longest = id == None ? longest : i + 1;
        return longest;
    }
}
