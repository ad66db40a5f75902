namespace Hummingbird.Vulkan.Engine.Weights;

/// <summary>How far two tensors of one name are apart.</summary>
/// <param name="Name">Of both.</param>
/// <param name="Problem">Why they cannot be compared: missing on one side, or another shape; else null.</param>
/// <param name="MaxAbs">The largest |a - b|.</param>
/// <param name="Nmse">sum (a - b)^2 / sum a^2; 0 for equal values, infinite when either holds a NaN the other has not.</param>
/// <param name="Psnr">10 log10(range(a)^2 / mean (a - b)^2) in dB; infinite for equal values.</param>
public sealed record TensorDifference(string Name, string? Problem, double MaxAbs, double Nmse, double Psnr);

/// <summary>Compares sets of weights a piece at a time, as fp32: neither has to fit in memory.</summary>
public static class TensorComparison
{
    private const int Piece = 1 << 16;

    /// <summary>All names of both, in ordinal order.</summary>
    /// <param name="reference">a: errors are relative to its values.</param>
    /// <param name="other">b.</param>
    public static IEnumerable<TensorDifference> Compare(IWeightSource reference, IWeightSource other)
    {
        foreach (string name in reference.Names.Union(other.Names, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            bool isInA = reference.TryGet(name, out WeightTensor? a), isInB = other.TryGet(name, out WeightTensor? b);
            string? problem = (isInA, isInB) switch
            {
                (false, _) => $"is missing in {reference.DisplayName}",
                (_, false) => $"is missing in {other.DisplayName}",
                _ when !a!.Shape.AsSpan().SequenceEqual(b!.Shape.AsSpan()) => $"has shape {Quote.Shape(a.Shape.AsSpan())} and {Quote.Shape(b.Shape.AsSpan())}",
                _ => null,
            };
            yield return problem is null
                ? Measure(a!, b!)
                : new(name, problem, double.NaN, double.NaN, double.NaN);
        }
    }

    private static TensorDifference Measure(WeightTensor tensorA, WeightTensor tensorB)
    {
        float[] bufferA = new float[Math.Min(Piece, tensorA.ElementCount)], bufferB = new float[bufferA.Length];
        double error = 0, power = 0, largest = 0, low = double.PositiveInfinity, high = double.NegativeInfinity;
        for (long at = 0; at < tensorA.ElementCount; at += Piece)
        {
            int count = (int)Math.Min(Piece, tensorA.ElementCount - at);
            Span<float> a = bufferA.AsSpan(0, count), b = bufferB.AsSpan(0, count);
            tensorA.ReadFloats(a, at);
            tensorB.ReadFloats(b, at);
            for (int i = 0; i < count; i++)
            {
                if (a[i].Equals(b[i]) && !float.IsFinite(a[i]))
                {
                    continue; // The same NaN or infinity on both sides is no difference, and has no power.
                }

                double difference = Math.Abs((double)a[i] - b[i]);
                error += difference * difference;
                power += (double)a[i] * a[i];
                // Math.Max hands a NaN on.
                (largest, low, high) = (Math.Max(largest, difference), Math.Min(low, a[i]), Math.Max(high, a[i]));
            }
        }

        double nmse = error == 0 ? 0 : double.IsFinite(error) && power > 0 ? error / power : double.PositiveInfinity;
        double range = high - low, mean = error / tensorA.ElementCount;
        return new(tensorA.Name, null, largest, nmse, error == 0 ? double.PositiveInfinity : 10 * Math.Log10(range * range / mean));
    }
}
