namespace Hummingbird.Vulkan.Engine.Graph;

/// <summary>Adds up what a graph's nodes take, kernel by kernel. Allocates when it is made only: a step does not.</summary>
internal sealed class KernelTally
{
    private readonly string[] kernels;
    private readonly int[] kernelOf;
    private readonly double[] guesses;
    private readonly double[] seconds;

    /// <param name="graph">Which.</param>
    /// <param name="nodeGuesses">What each node takes by its cost alone.</param>
    public KernelTally(ComputeGraph graph, ReadOnlySpan<double> nodeGuesses)
    {
        kernels = [.. graph.Nodes.Select(n => n.Kernel.Name).Distinct()];
        kernelOf = [.. graph.Nodes.Select(n => Array.IndexOf(kernels, n.Kernel.Name))];
        (guesses, seconds) = (new double[kernels.Length], new double[kernels.Length]);
        for (int i = 0; i < kernelOf.Length; i++)
        {
            guesses[kernelOf[i]] += nodeGuesses[i];
        }
    }

    /// <param name="pace">Learns.</param>
    /// <param name="nodeSeconds">What each node took.</param>
    public void Teach(Pace pace, ReadOnlySpan<double> nodeSeconds)
    {
        Array.Clear(seconds);
        for (int i = 0; i < kernelOf.Length; i++)
        {
            seconds[kernelOf[i]] += nodeSeconds[i];
        }

        for (int i = 0; i < kernels.Length; i++)
        {
            pace.Learn(kernels[i], guesses[i], seconds[i]);
        }
    }
}
