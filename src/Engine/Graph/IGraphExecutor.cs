namespace Hummingbird.Vulkan.Engine.Graph;

/// <summary>Runs one graph: write the inputs, run, read the outputs; as often as wanted.</summary>
/// <remarks>Inputs keep their values from run to run. Not thread-safe.</remarks>
public interface IGraphExecutor : IDisposable
{
    ComputeGraph Graph { get; }

    /// <summary>Sets an input; values in memory order, converted to its storage type.</summary>
    void Write(string input, ReadOnlySpan<float> values);

    /// <summary>Computes every node.</summary>
    /// <exception cref="OperationCanceledException">Within one submit of the token being cancelled.</exception>
    void Run(CancellationToken cancellation = default);

    /// <summary>Copies an output of the last run, converted to fp32.</summary>
    void Read(string output, Span<float> values);
}

/// <summary>Something graphs can run on.</summary>
public interface IGraphBackend : IDisposable
{
    /// <summary>For people: the device's name, or "reference".</summary>
    string Name { get; }

    /// <summary>Storage types a graph for this backend is built with.</summary>
    StorageTypes Storage { get; }

    /// <summary>How graphs are laid out in the memory that is free now.</summary>
    GraphPlanner Planner { get; }

    /// <summary>Loads the graph's weights and makes everything ready that does not change between runs.</summary>
    IGraphExecutor Prepare(ComputeGraph graph);

    /// <summary>Whether <see cref="Recover"/> may help after this error: the device was lost, for the first time.</summary>
    bool CanRecoverFrom(Exception error);

    /// <summary>Makes the backend usable again, once all its executors are disposed.</summary>
    /// <returns>What happened, for the user.</returns>
    string Recover();
}
