using System.Collections.Immutable;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Graph;

/// <summary>Lays graphs out within a budget: the fastest way that fits, else the smallest there is.</summary>
/// <remarks>Pure. The ladder, each rung with what it costs: Winograd's large tile, whose weights are eight times as large (CPU drivers);
/// its small tile; none; the hidden rows of feed-forward layers in smaller pieces; weights loaded while the graph runs.</remarks>
/// <param name="Target">The device's facts; null for the reference.</param>
/// <param name="MaxBlockInBytes">No block of memory is larger.</param>
/// <param name="BudgetInBytes">For one graph at a time.</param>
public sealed record GraphPlanner(KernelTarget? Target, long MaxBlockInBytes, long BudgetInBytes)
{
    /// <summary>Neither packing nor a budget.</summary>
    public static GraphPlanner Reference { get; } = new(null, long.MaxValue, long.MaxValue);

    public GraphLayout Plan(ComputeGraph graph)
    {
        GraphLayout? layout = null;
        foreach ((KernelTarget? target, string? saving) in Targets())
        {
            // A rung that frees nothing here is not stood on.
            layout = Smaller(layout, GraphLayout.Create(graph, target, MaxBlockInBytes) with { Savings = saving is null ? [] : [saving] });
            if (Fits(layout))
            {
                return layout;
            }
        }

        if (layout!.Target is null)
        {
            return layout;
        }

        foreach (long hidden in (ReadOnlySpan<long>)[32 << 20, 8 << 20])
        {
            GraphLayout pieces = GraphLayout.Create(FeedForwardFusion.Apply(graph, hidden), layout.Target, MaxBlockInBytes);
            layout = Smaller(layout, pieces with { Savings = [.. layout.Savings.Where(s => s != InPieces), InPieces] });
            if (Fits(layout))
            {
                return layout;
            }
        }

        return layout.Streamed(BudgetInBytes, MaxBlockInBytes);
    }

    private const string InPieces = "feed-forward layers in pieces";

    private static GraphLayout Smaller(GraphLayout? first, GraphLayout second) => first is null || second.TotalInBytes < first.TotalInBytes ? second : first;

    public bool Fits(GraphLayout layout) => layout.TotalInBytes <= BudgetInBytes;

    private IEnumerable<(KernelTarget? Target, string? Saving)> Targets()
    {
        yield return (Target, null);
        if (Target is null)
        {
            yield break;
        }

        if (Target.WinogradTile > 2)
        {
            yield return (Target with { WinogradTile = 2 }, "Winograd convolutions in small tiles");
        }

        if (Target.WinogradTile > 0)
        {
            yield return (Target with { WinogradTile = 0 }, "no Winograd convolutions");
        }
    }
}
