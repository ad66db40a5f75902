using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Vectors;

/// <summary>The embedded model, prompt to pixels, against PyTorch with the same noise.</summary>
public static class NanoGolden
{
    private static readonly string[] Prompts =
    [
        "a big red circle moving right on a white background", "a small yellow star bouncing on a black background",
    ];

    /// <param name="Latents">Final latents against PyTorch's.</param>
    /// <param name="FramePsnr">Of the bytes of all frames, in dB.</param>
    public sealed record Result(string Prompt, Difference Latents, double FramePsnr, float[] Values);

    public static IEnumerable<Result> Run(IGraphBackend backend)
    {
        using VectorFile file = new("nano_golden");
        using ModelFolder model = ModelFolder.Open("nano");
        TextToVideoPipeline pipeline = new(model, backend);
        for (int i = 0; i < Prompts.Length; i++)
        {
            GenerationRequest request = new(Prompts[i], "", 1234, 4, 8, 8, 64, 64, 4, "lcm") { Noise = new BatchNoise(file, i) };
            byte[] frames = new byte[8 * 64 * 64 * 3];
            GenerationResult result = pipeline.Generate(request, (t, rgb) => rgb.CopyTo(frames.AsSpan(t * rgb.Length)));
            float[] latents = Part(file.Read("final_latents"), i);
            yield return new(Prompts[i], Difference.Between(result.Latents, latents), Psnr(frames, Part(file.Read("frames_u8"), i)), result.Latents);
        }
    }

    private static float[] Part(float[] values, int index)
    {
        int count = values.Length / Prompts.Length;
        return values.AsSpan(index * count, count).ToArray();
    }

    private static double Psnr(byte[] found, float[] expected)
    {
        double error = found.Zip(expected, (a, b) => (a - b) * (a - b)).Average();
        return error == 0 ? double.PositiveInfinity : 10 * Math.Log10(255 * 255 / error);
    }

    /// <summary>The golden noise was drawn for both prompts at once.</summary>
    private sealed class BatchNoise(VectorFile file, int index) : INoiseSource
    {
        private int drawn;

        public float[] Next(int count)
        {
            string name = drawn == 0 ? "initial_noise" : $"step{drawn - 1}_noise";
            drawn++;
            return Part(file.Read(name), index);
        }
    }
}
