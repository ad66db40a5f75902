namespace Hummingbird.Vulkan.Engine.Graph;

/// <summary>What one run of a graph took, node by node; for benches and traces.</summary>
/// <param name="Graph">Which.</param>
/// <param name="Layout">Where its values lie.</param>
/// <param name="Started">Stopwatch timestamp of the host when it began.</param>
/// <param name="WallSeconds">By the host's clock.</param>
/// <param name="ProcessorSeconds">This process's processor time meanwhile: on a CPU driver that is the device's work.</param>
/// <param name="NodeSeconds">By the device's clock, one for each node; empty where its queue has no timestamps.</param>
/// <param name="SubmitSeconds">The same for each submit.</param>
/// <param name="SubmitNodes">The first node of each submit.</param>
public sealed record GraphRun(
    ComputeGraph Graph, GraphLayout Layout, long Started, double WallSeconds, double ProcessorSeconds, double[] NodeSeconds, double[] SubmitSeconds, int[] SubmitNodes);
