using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Graph;

/// <summary>Workgroups of one of a node's dispatches.</summary>
/// <param name="Dispatch">Index of the dispatch in the node's plan.</param>
/// <param name="Start">First workgroup.</param>
/// <param name="Groups">How many from there.</param>
internal readonly record struct DispatchPiece(int Dispatch, Workgroups Start, Workgroups Groups);

/// <summary>A node too long for one submit, cut by the host; the driver could not cut it.</summary>
internal static class DispatchPieces
{
    /// <summary>What each of a node's submits runs: about <paramref name="parts"/> of them, near in length.</summary>
    /// <remarks>How long each dispatch of a plan takes is not known. One may take half of it all: pieces are cut, or short dispatches
    /// gathered, as if every one took twice its even share.</remarks>
    public static List<DispatchPiece[]> Submits(KernelPlan plan, int parts)
    {
        int dispatches = plan.Dispatches.Length;
        if (dispatches == 1)
        {
            return [.. Of(plan.Dispatches[0].Workgroups, parts).Select(p => (DispatchPiece[])[new(0, p.Start, p.Groups)])];
        }

        int cuts = Math.Max(1, 2 * parts / dispatches), gathered = cuts > 1 ? 1 : Math.Max(1, dispatches / (2 * parts));
        return
        [
            .. plan.Dispatches.SelectMany((d, i) => Of(d.Workgroups, cuts).Select(p => new DispatchPiece(i, p.Start, p.Groups))).Chunk(gathered),
        ];
    }

    /// <summary>At least <paramref name="parts"/> pieces where there are as many workgroups, near in size; along the longest direction first.</summary>
    public static IEnumerable<(Workgroups Start, Workgroups Groups)> Of(Workgroups all, int parts)
    {
        (int x, int y, int z) = Counts(all, parts);
        foreach ((int startZ, int countZ) in Cut(all.Z, z))
        {
            foreach ((int startY, int countY) in Cut(all.Y, y))
            {
                foreach ((int startX, int countX) in Cut(all.X, x))
                {
                    yield return (new(startX, startY, startZ), new(countX, countY, countZ));
                }
            }
        }
    }

    private static (int X, int Y, int Z) Counts(Workgroups all, int parts)
    {
        Span<int> lengths = [all.X, all.Y, all.Z], counts = [1, 1, 1];
        while (parts > 1)
        {
            int longest = -1;
            for (int i = 0; i < 3; i++)
            {
                if (counts[i] == 1 && lengths[i] > 1 && (longest < 0 || lengths[i] > lengths[longest]))
                {
                    longest = i;
                }
            }

            if (longest < 0)
            {
                break;
            }

            counts[longest] = Math.Min(parts, lengths[longest]);
            parts = (parts + counts[longest] - 1) / counts[longest];
        }

        return (counts[0], counts[1], counts[2]);
    }

    private static IEnumerable<(int Start, int Count)> Cut(int length, int parts)
    {
        int step = (length + parts - 1) / parts;
        for (int start = 0; start < length; start += step)
        {
            yield return (start, Math.Min(step, length - start));
        }
    }
}
