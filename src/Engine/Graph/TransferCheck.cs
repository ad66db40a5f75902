namespace Hummingbird.Vulkan.Engine.Graph;

internal static class TransferCheck
{
    /// <summary>A host buffer must hold exactly the value's elements.</summary>
    public static void Length(ComputeGraph graph, Value value, int length)
    {
        if (length != value.Shape.Count)
        {
            throw new ArgumentException($"'{value.Name}' of graph {graph.Name} is {value.Shape} with {value.Shape.Count} values, found {length}.");
        }
    }
}
