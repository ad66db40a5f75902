using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Engine.Schedulers;

/// <summary>Cumulative signal share alpha-bar of every training timestep: the product of (1 - beta) up to it. Betas are "linear" from
/// start to end, or "scaled linear": linspace(sqrt(start), sqrt(end)) squared.</summary>
/// <remarks>No zero-terminal-SNR rescaling. LCM builds the table in fp32, DDIM in fp64: the last bits differ, and both are kept.</remarks>
public static class NoiseSchedule
{
    // torch's linspace starts anew from its formula for every vector of eight floats (AVX2).
    private const int LinspaceLanes = 8;

    /// <summary>alpha-bar as torch computes it in fp32: linspace, square and subtraction in fp32, the product accumulated in fp64.</summary>
    public static float[] AlphasCumprodFloat32(SchedulerConfig config)
    {
        bool isLinear = IsLinear(config);
        (double start, double end) = isLinear ? (config.BetaStart, config.BetaEnd) : (Math.Sqrt(config.BetaStart), Math.Sqrt(config.BetaEnd));
        float[] roots = LinspaceFloat32((float)start, (float)end, config.NumTrainTimesteps);
        float[] result = new float[roots.Length];
        double product = 1;
        for (int t = 0; t < roots.Length; t++)
        {
            float beta = isLinear ? roots[t] : roots[t] * roots[t];
            product *= 1f - beta;
            result[t] = (float)product;
        }

        return result;
    }

    /// <summary>alpha-bar computed in fp64 and rounded to fp32 at the end.</summary>
    public static float[] AlphasCumprodFloat64(SchedulerConfig config) => [.. AlphasCumprod(config).Select(a => (float)a)];

    /// <summary>alpha-bar in fp64.</summary>
    public static double[] AlphasCumprod(SchedulerConfig config)
    {
        bool isLinear = IsLinear(config);
        (double start, double end) = isLinear ? (config.BetaStart, config.BetaEnd) : (Math.Sqrt(config.BetaStart), Math.Sqrt(config.BetaEnd));
        double step = config.NumTrainTimesteps > 1 ? (end - start) / (config.NumTrainTimesteps - 1) : 0;
        double[] result = new double[config.NumTrainTimesteps];
        double product = 1;
        for (int t = 0; t < result.Length; t++)
        {
            double root = start + (step * t);
            product *= 1 - (isLinear ? root : root * root);
            result[t] = product;
        }

        return result;
    }

    private static bool IsLinear(SchedulerConfig config) => config.BetaSchedule == "linear";

    /// <summary>torch.linspace on the CPU, to the bit: from the start for the first half, from the end for the second.</summary>
    private static float[] LinspaceFloat32(float start, float end, int count)
    {
        float[] result = new float[count];
        float step = count > 1 ? (end - start) / (count - 1) : 0;
        for (int i = 0; i < count; i += LinspaceLanes)
        {
            float first = i < count / 2
                ? MathF.FusedMultiplyAdd(step, i, start)
                : MathF.FusedMultiplyAdd(-step, count - i - 1, end);
            for (int lane = 0; lane < LinspaceLanes && i + lane < count; lane++)
                result[i + lane] = MathF.FusedMultiplyAdd(step, lane, first);
        }

        return result;
    }
}
