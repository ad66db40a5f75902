using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Graph;

/// <summary>Adds up what a graph's nodes take, by kinds of work. Allocates when it is made only: a step does not.</summary>
internal sealed class PaceTally
{
    private readonly string[] kinds;
    private readonly int[] kindOf;
    private readonly double[] guesses;
    private readonly double[] seconds;

    /// <param name="plans">How each node runs.</param>
    /// <param name="nodeGuesses">What each node takes by its cost alone.</param>
    public PaceTally(IReadOnlyCollection<KernelPlan> plans, ReadOnlySpan<double> nodeGuesses)
    {
        string[] all = [.. plans.Select(Pace.KindOf)];
        kinds = [.. all.Distinct()];
        kindOf = [.. all.Select(k => Array.IndexOf(kinds, k))];
        (guesses, seconds) = (new double[kinds.Length], new double[kinds.Length]);
        for (int i = 0; i < kindOf.Length; i++)
        {
            guesses[kindOf[i]] += nodeGuesses[i];
        }
    }

    /// <param name="pace">Learns.</param>
    /// <param name="nodeSeconds">What each node took.</param>
    public void Teach(Pace pace, ReadOnlySpan<double> nodeSeconds)
    {
        Array.Clear(seconds);
        for (int i = 0; i < kindOf.Length; i++)
        {
            seconds[kindOf[i]] += nodeSeconds[i];
        }

        for (int i = 0; i < kinds.Length; i++)
        {
            pace.Learn(kinds[i], guesses[i], seconds[i]);
        }
    }
}
