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
    /// <summary>What each of a node's submits runs: long dispatches in pieces, short ones that follow each other together.</summary>
    /// <param name="plan">Of the node.</param>
    /// <param name="lengths">Of each dispatch, in submits: 2.5 is to be cut, 0.3 may share one.</param>
    public static List<DispatchPiece[]> Submits(KernelPlan plan, ReadOnlySpan<double> lengths)
    {
        List<DispatchPiece[]> submits = [];
        List<DispatchPiece> gathered = [];
        double sum = 0;
        void Close()
        {
            if (gathered.Count > 0)
            {
                submits.Add([.. gathered]);
            }

            gathered.Clear();
            sum = 0;
        }

        for (int i = 0; i < lengths.Length; i++)
        {
            if (sum + lengths[i] > 1)
            {
                Close();
            }

            Workgroups all = plan.Dispatches[i].Workgroups;
            if (lengths[i] > 1)
            {
                submits.AddRange(Of(all, (int)Math.Ceiling(lengths[i])).Select(p => (DispatchPiece[])[new(i, p.Start, p.Groups)]));
            }
            else
            {
                gathered.Add(new(i, default, all));
                sum += lengths[i];
            }
        }

        Close();
        return submits;
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
