namespace Hummingbird.Vulkan.Engine.Schedulers;

/// <summary>Sinusoidal embeddings of timestep, frame rate and guidance scale, in torch's fp32.</summary>
/// <remarks>Arguments reach 7,500 radians, where one unit in the last place of a frequency moves the cosine by 1e-3: frequencies must
/// round as torch rounds them. Computed on the host, since Vulkan promises nothing for sin and cos beyond [-pi, pi].</remarks>
public static class Embeddings
{
    private const double MaxPeriod = 10000;

    /// <summary>[cos(t f_k), sin(t f_k)], f_k = exp(-ln(10000) k / half), half = dimension / 2; also used for fps.</summary>
    public static float[] Timestep(float timestep, int dimension)
    {
        int half = HalfOf(dimension);
        float[] result = new float[dimension];
        for (int k = 0; k < half; k++)
        {
            float frequency = ExpFloat32(k * (float)-Math.Log(MaxPeriod) / half);
            (result[half + k], result[k]) = SinCos(timestep * frequency);
        }

        return result;
    }

    /// <summary>[sin(1000 w g_k), cos(1000 w g_k)], g_k = exp(-ln(10000) k / (half - 1)): the other order, another denominator.</summary>
    public static float[] Guidance(float guidanceScale, int dimension)
    {
        int half = HalfOf(dimension);
        float[] result = new float[dimension];
        float step = half > 1 ? (float)Math.Log(MaxPeriod) / (half - 1) : 0;
        for (int k = 0; k < half; k++)
        {
            float frequency = ExpFloat32(k * -step);
            (result[k], result[half + k]) = SinCos(guidanceScale * 1000f * frequency);
        }

        return result;
    }

    private static int HalfOf(int dimension) => dimension > 0 && dimension % 2 == 0 ? dimension / 2
        : throw new SchedulerException($"An embedding has half sines, half cosines: its width must be even, not {dimension}.");

    private static (float Sin, float Cos) SinCos(float argument)
    {
        (double sin, double cos) = Math.SinCos(argument);
        return ((float)sin, (float)cos);
    }

    /// <summary>exp(x) for x in [-80, 0], rounded as torch's vectorised fp32 exp (within one unit in the last place).</summary>
    /// <remarks>The method of SLEEF's expf: x = q ln 2 + s with ln 2 in two parts, a polynomial in s, then a power of two.</remarks>
    private static float ExpFloat32(float x)
    {
        float q = MathF.Round(x * 1.442695040888963407f);
        float s = MathF.FusedMultiplyAdd(q, -0.693145751953125f, x);
        s = MathF.FusedMultiplyAdd(q, -1.428606765330187045e-6f, s);
        float u = 1.98527617612853646e-4f;
        u = MathF.FusedMultiplyAdd(u, s, 1.39304355252534151e-3f);
        u = MathF.FusedMultiplyAdd(u, s, 8.33336077630519867e-3f);
        u = MathF.FusedMultiplyAdd(u, s, 4.16664853692054749e-2f);
        u = MathF.FusedMultiplyAdd(u, s, 1.66666671633720398e-1f);
        u = MathF.FusedMultiplyAdd(u, s, 0.5f);
        u = 1f + MathF.FusedMultiplyAdd(s * s, u, s);
        return MathF.ScaleB(u, (int)q);
    }
}
