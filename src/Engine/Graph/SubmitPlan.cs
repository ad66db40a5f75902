using System.Collections.Immutable;

namespace Hummingbird.Vulkan.Engine.Graph;

/// <summary>A run of consecutive nodes that is handed to the queue at once.</summary>
/// <param name="First">Index of the first node.</param>
/// <param name="Count">How many.</param>
/// <param name="Seconds">What it is expected to take.</param>
public readonly record struct SubmitRange(int First, int Count, double Seconds);

/// <summary>Cuts a graph into submits of bounded length: a long one looks like a hang to the driver and to the desktop.</summary>
/// <remarks>Pure: the same times always give the same cuts.</remarks>
public sealed record SubmitPlan(ImmutableArray<SubmitRange> Submits, ImmutableArray<int> Parts)
{
    /// <summary>Into how many pieces the dispatches of a range are cut: more than one only for a node that stands alone.</summary>
    public int PartsOf(SubmitRange range) => range.Count == 1 ? Parts[range.First] : 1;

    /// <summary>Whether both cut alike.</summary>
    public bool CutsAs(SubmitPlan other)
        => Parts.AsSpan().SequenceEqual(other.Parts.AsSpan()) && Submits.Select(s => s.First).SequenceEqual(other.Submits.Select(s => s.First));

    /// <param name="seconds">What each node is expected to take, in order.</param>
    /// <param name="aimSeconds">No submit is meant to be longer; a node that is, is dispatched in <see cref="Parts"/> pieces, each its own submit.</param>
    /// <param name="starts">Nodes that no earlier node shares a submit with: what they need is not there before.</param>
    public static SubmitPlan Create(ReadOnlySpan<double> seconds, double aimSeconds, IReadOnlySet<int>? starts = null)
    {
        var submits = ImmutableArray.CreateBuilder<SubmitRange>();
        var parts = ImmutableArray.CreateBuilder<int>(seconds.Length);
        int first = 0;
        double sum = 0;
        for (int i = 0; i < seconds.Length; i++)
        {
            parts.Add(Math.Max(1, (int)Math.Ceiling(seconds[i] / aimSeconds)));
            bool standsAlone = parts[i] > 1 || (i > first && parts[i - 1] > 1) || starts?.Contains(i) == true;
            if (i > first && (standsAlone || sum + seconds[i] > aimSeconds))
            {
                submits.Add(new(first, i - first, sum));
                (first, sum) = (i, 0);
            }

            sum += seconds[i];
        }

        if (first < seconds.Length)
        {
            submits.Add(new(first, seconds.Length - first, sum));
        }

        return new(submits.ToImmutable(), parts.MoveToImmutable());
    }
}
