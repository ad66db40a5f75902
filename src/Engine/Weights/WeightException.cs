namespace Hummingbird.Vulkan.Engine.Weights;

/// <summary>A weights file, model folder or configuration that cannot be used: says what, with which numbers, and what to do.</summary>
public sealed class WeightException : Exception
{
    public WeightException(string message)
        : base(message)
    {
    }

    public WeightException(string message, Exception inner)
        : base(message, inner)
    {
    }

    internal static WeightException In(string file, string problem) => new($"{file}: {problem}");

    internal static WeightException Missing(IWeightSource source, string name)
    {
        string nearest = string.Join(", ", NearestNames.Of(name, source.Names, count: 5).Select(Quote.Name));
        string hint = nearest.Length == 0 ? "the file holds no tensors" : $"nearest names: {nearest}";
        return In(source.DisplayName, $"tensor {Quote.Name(name)} is missing; {hint}. Is this the right model family?");
    }

    internal static WeightException WrongShape(IWeightSource source, string name, ReadOnlySpan<int> expected, ReadOnlySpan<int> found) =>
        In(source.DisplayName, $"tensor {Quote.Name(name)} has shape {Quote.Shape(found)}, expected {Quote.Shape(expected)}. "
            + "The weights do not belong to this config.json.");
}
