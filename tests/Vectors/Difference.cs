namespace Hummingbird.Vulkan.Vectors;

/// <summary>How far values are from the reference.</summary>
/// <param name="Relative">Largest absolute difference over the largest reference magnitude.</param>
/// <param name="Nmse">Squared error over squared reference.</param>
public readonly record struct Difference(double Relative, double Nmse)
{
    public static Difference Between(ReadOnlySpan<float> found, ReadOnlySpan<float> expected)
    {
        if (found.Length != expected.Length)
        {
            throw new ArgumentException($"{found.Length} values found, {expected.Length} expected.");
        }

        double largest = 0, worst = 0, error = 0, energy = 0;
        for (int i = 0; i < found.Length; i++)
        {
            double difference = Math.Abs((double)found[i] - expected[i]);
            if (!double.IsFinite(difference))
            {
                return new(double.PositiveInfinity, double.PositiveInfinity);
            }

            worst = Math.Max(worst, difference);
            largest = Math.Max(largest, Math.Abs(expected[i]));
            error += difference * difference;
            energy += (double)expected[i] * expected[i];
        }

        return new(worst / largest, error / energy);
    }
}
