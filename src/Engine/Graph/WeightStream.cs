using System.Collections.Immutable;

namespace Hummingbird.Vulkan.Engine.Graph;

/// <summary>Weights that are in device memory at the same time while a graph runs: those of a few consecutive nodes.</summary>
/// <param name="FirstNode">The first node that reads them; every node up to the next window's first belongs to this one.</param>
/// <param name="Offsets">Where in its half of the stream's memory each weight lies, by the value's id.</param>
/// <param name="SizeInBytes">Of all together.</param>
public sealed record WeightWindow(int FirstNode, ImmutableDictionary<int, long> Offsets, long SizeInBytes);

/// <summary>Weights that do not stay in device memory: window after window is loaded into two halves by turns, one while the other is
/// computed with.</summary>
/// <remarks>Pure. A weight that nodes far apart read is in several windows.</remarks>
/// <param name="Windows">In order of execution.</param>
public sealed record WeightStream(ImmutableArray<WeightWindow> Windows)
{
    private const int Alignment = 256;

    /// <summary>Memory of the half that even (0) or odd (1) windows lie in.</summary>
    public long HalfInBytes(int half) => Windows.Where((_, i) => i % 2 == half).Select(w => w.SizeInBytes).DefaultIfEmpty().Max();

    public long SizeInBytes => HalfInBytes(0) + HalfInBytes(1);

    /// <summary>Bytes loaded in every run.</summary>
    public long LoadedInBytes => Windows.Length <= 2 ? 0 : Windows.Sum(w => w.SizeInBytes);

    /// <summary>The window a node belongs to; -1 before the first.</summary>
    public int WindowOf(int node)
    {
        int window = -1;
        while (window + 1 < Windows.Length && Windows[window + 1].FirstNode <= node)
        {
            window++;
        }

        return window;
    }

    /// <param name="reads">For each node the weights it reads that are to be streamed.</param>
    /// <param name="sizes">Packed bytes of each.</param>
    /// <param name="windowInBytes">No window is larger, unless one node needs more.</param>
    public static WeightStream Create(IReadOnlyList<IReadOnlyCollection<int>> reads, IReadOnlyDictionary<int, long> sizes, long windowInBytes)
    {
        var windows = ImmutableArray.CreateBuilder<WeightWindow>();
        WeightWindow? open = null;
        for (int node = 0; node < reads.Count; node++)
        {
            if (reads[node].Count == 0)
            {
                continue;
            }

            WeightWindow? grown = open is null ? null : With(open, reads[node], sizes);
            if (grown is null || grown.SizeInBytes > windowInBytes)
            {
                if (open is not null)
                {
                    windows.Add(open);
                }

                grown = With(new(node, ImmutableDictionary<int, long>.Empty, 0), reads[node], sizes);
            }

            open = grown;
        }

        if (open is not null)
        {
            windows.Add(open);
        }

        return new(windows.ToImmutable());
    }

    private static WeightWindow With(WeightWindow window, IReadOnlyCollection<int> weights, IReadOnlyDictionary<int, long> sizes)
    {
        foreach (int weight in weights.Where(w => !window.Offsets.ContainsKey(w)))
        {
            long size = (sizes[weight] + Alignment - 1) & -Alignment;
            window = window with { Offsets = window.Offsets.Add(weight, window.SizeInBytes), SizeInBytes = window.SizeInBytes + size };
        }

        return window;
    }
}
