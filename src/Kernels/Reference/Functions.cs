namespace Hummingbird.Vulkan.Kernels.Reference;

/// <summary>The scalar functions behind the references, in fp64.</summary>
public static class Functions
{
    public static double Silu(double x) => x / (1 + Math.Exp(-x));

    public static double GeluErf(double x) => 0.5 * x * (1 + Erf(x / Math.Sqrt(2)));

    /// <summary>GELU's tanh approximation (Hendrycks and Gimpel 2016).</summary>
    public static double GeluTanh(double x) => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))));

    public static double Apply(Activation activation, double x) => activation switch
    {
        Activation.None => x,
        Activation.Silu => Silu(x),
        Activation.GeluErf => GeluErf(x),
        Activation.QuickGelu => x / (1 + Math.Exp(-1.702 * x)),
        _ => throw new ShapeException($"{activation} takes two values and is not a scalar function."),
    };

    /// <summary>The error function: its Taylor series below 3, a continued fraction of erfc above; both to about 1e-15.</summary>
    public static double Erf(double x)
    {
        double magnitude = Math.Abs(x);
        if (magnitude > 6)
        {
            return Math.CopySign(1, x);
        }

        return magnitude < 3 ? ErfSeries(x) : Math.CopySign(1, x) * (1 - ErfcFraction(magnitude));
    }

    private static double ErfSeries(double x)
    {
        double term = x, sum = x;
        for (int n = 1; n < 100 && Math.Abs(term) > 1e-18 * Math.Abs(sum); n++)
        {
            term *= -x * x / n;
            sum += term / ((2 * n) + 1);
        }

        return sum * 2 / Math.Sqrt(Math.PI);
    }

    private static double ErfcFraction(double x)
    {
        double fraction = x;
        for (int n = 60; n >= 1; n--)
        {
            fraction = x + (n / 2.0 / fraction);
        }

        return Math.Exp(-x * x) / (fraction * Math.Sqrt(Math.PI));
    }
}
