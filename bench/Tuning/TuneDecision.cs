using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Bench.Tuning;

/// <summary>Which tile a problem gets, and the times that say so.</summary>
/// <param name="Problem">What is multiplied.</param>
/// <param name="Standard">The tile of the default table.</param>
/// <param name="Winner">The tile that is better; null: the default stays.</param>
/// <param name="StandardSeconds">The default's last time.</param>
/// <param name="BestSeconds">The best rival's last time; that of the default where it has no rival.</param>
public sealed record TuneDecision(MatrixProblem Problem, MatrixTile Standard, MatrixTile? Winner, double StandardSeconds, double BestSeconds)
{
    /// <summary>A rival must take at most this share of the default's time, twice.</summary>
    public const double WinningShare = 0.97;

    /// <param name="measure">Seconds of a tile.</param>
    public static TuneDecision Make(MatrixProblem problem, MatrixTile standard, IReadOnlyList<MatrixTile> rivals, Func<MatrixTile, double> measure)
    {
        double standardSeconds = measure(standard), bestSeconds = double.PositiveInfinity;
        MatrixTile best = standard;
        foreach (MatrixTile rival in rivals)
        {
            double seconds = measure(rival);
            if (seconds < bestSeconds)
            {
                (best, bestSeconds) = (rival, seconds);
            }
        }

        if (bestSeconds > WinningShare * standardSeconds)
        {
            return new(problem, standard, null, standardSeconds, Math.Min(bestSeconds, standardSeconds));
        }

        // The best of several noisy times is too good by chance: it counts only when it wins again.
        (standardSeconds, bestSeconds) = (measure(standard), measure(best));
        return new(problem, standard, bestSeconds <= WinningShare * standardSeconds ? best : null, standardSeconds, bestSeconds);
    }
}
