using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Models;

/// <summary>The tokens a FIT is conditioned by: text, noise level, frame rate, resolution and, for the second stage, noise of the coarser video.</summary>
/// <remarks>Numbers are told as [u, sin(2 pi u w), cos(2 pi u w)] with learned w through two linear layers.</remarks>
public sealed class FitConditioning(FitConfig config, WeightScope weights)
{
    private const double ResolutionUnit = 512, FpsUnit = 24;

    private readonly Dictionary<string, float[]> frequencies = [];

    /// <summary>Tokens besides those of the text.</summary>
    public int OtherTokens => config.CondChannels > 0 ? 4 : 3;

    /// <summary>Columns of a number's features.</summary>
    public int FeatureCount => config.Fourier + 1;

    /// <summary>Inputs <c>text</c> [1, L, D], <c>noise</c> [E, features] with a row for each noise level, <c>fps</c> and <c>aug</c> [1, features], <c>res</c> [1, 2];
    /// an output of the same name for each, rows of conditioning channels.</summary>
    public void Build(GraphBuilder g, int levels, int tokens)
    {
        g.Output("text", g.Linear(g.Input("text", [1, tokens, config.TextDim], DType.F32), weights / "text_proj", config.CtxDim));
        Number(g, "noise", levels);
        Number(g, "fps", 1);
        if (config.CondChannels > 0)
        {
            Number(g, "aug", 1);
        }

        g.Output("res", TwoLayers(g, g.Input("res", [1, 2], DType.F32), weights / "res_embed"));
    }

    /// <summary>Features of a number u for the embedder called <paramref name="name"/>.</summary>
    public float[] Features(string name, double u)
    {
        if (!frequencies.TryGetValue(name, out float[]? learned))
        {
            frequencies[name] = learned = weights.Get($"{name}_embed.freqs", config.Fourier / 2).ReadFloats();
        }

        double[] angles = [.. learned.Select(w => u * w * 2 * Math.PI)];
        return [(float)u, .. angles.Select(a => (float)Math.Sin(a)), .. angles.Select(a => (float)Math.Cos(a))];
    }

    /// <summary>What stands for a frame rate; an image is a video of infinitely many frames a second.</summary>
    public static double FrameRate(double fps) => double.IsPositiveInfinity(fps) ? 0 : FpsUnit / fps;

    /// <summary>What stands for a resolution in pixels.</summary>
    public static float[] Resolution(int height, int width) => [(float)(height / ResolutionUnit), (float)(width / ResolutionUnit)];

    /// <summary>Input and output <paramref name="name"/>: a row of features for each number to a token.</summary>
    public void Number(GraphBuilder g, string name, int rows)
        => g.Output(name, TwoLayers(g, g.Input(name, [rows, FeatureCount], DType.F32), weights / $"{name}_embed.mlp"));

    private Value TwoLayers(GraphBuilder g, Value x, WeightScope w)
        => g.Linear(g.Linear(x, w / 0, config.EmbedderDim, Activation.GeluErf), w / 2, config.CtxDim);
}
