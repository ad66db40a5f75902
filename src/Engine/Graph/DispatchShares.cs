namespace Hummingbird.Vulkan.Engine.Graph;

/// <summary>How a node's time is shared by its dispatches, as far as it was seen: a product takes most of what a transformed convolution does.</summary>
internal sealed class DispatchShares(int nodes)
{
    private readonly double[]?[] seconds = new double[]?[nodes];

    /// <summary>Units of <paramref name="parts"/>, one for each dispatch: how many of the node's parts it makes up.</summary>
    /// <remarks>Where nothing was measured, as if each took twice its even share: one may take half of it all.</remarks>
    public double[] Parts(int node, int parts, int dispatches)
    {
        if (seconds[node] is not { } known)
        {
            return [.. Enumerable.Repeat(dispatches == 1 ? parts : 2.0 * parts / dispatches, dispatches)];
        }

        double sum = known.Sum();
        return [.. known.Select(s => s * parts / sum)];
    }

    /// <summary>Learns from a node that was run in pieces.</summary>
    /// <param name="node">Which.</param>
    /// <param name="first">Its first submit.</param>
    /// <param name="recording">What was run and measured.</param>
    /// <returns>Whether nothing was known of it before.</returns>
    public bool Learn(int node, int first, GraphRecording recording)
    {
        int dispatches = recording.PlanOf(node).Dispatches.Length;
        if (dispatches == 1)
        {
            return false;
        }

        bool isNew = seconds[node] is null;
        double[] sums = seconds[node] ??= new double[dispatches];
        Array.Clear(sums);
        for (int i = first; i < recording.Count && recording.NodesOf(i).First == node; i++)
        {
            (int from, int to) = recording.DispatchesOf(i);
            for (int d = from; d <= to; d++)
            {
                // Never nothing: a clock may be too coarse for a short one.
                sums[d] += (recording.SubmitSeconds[i] + 1e-9) / (to - from + 1);
            }
        }

        return isNew;
    }
}
