using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Vectors;

/// <summary>The embedded models, prompt to pixels, against PyTorch with the same noise.</summary>
public static class NanoGolden
{
    public static readonly Case First = new("nano", "nano_golden", Frames: 8, Side: 64,
        "a big red circle moving right on a white background", "a small yellow star bouncing on a black background");

    public static readonly Case Student = new("nano-student", "nano_student_golden", Frames: 16, Side: 128,
        "a big red circle moving right on a white background", "a small blue square bouncing to the left of a big yellow star on a grey background");

    /// <param name="Model">Its name.</param>
    /// <param name="File">PyTorch's tensors.</param>
    public sealed record Case(string Model, string File, int Frames, int Side, params string[] Prompts);

    /// <param name="Latents">Final latents against PyTorch's.</param>
    /// <param name="FramePsnr">Of the bytes of all frames, in dB.</param>
    public sealed record Result(string Prompt, Difference Latents, double FramePsnr, float[] Values);

    public static IEnumerable<Result> Run(IGraphBackend backend, Case? golden = null)
    {
        golden ??= First;
        (int side, int count) = (golden.Side, golden.Frames);
        using VectorFile file = new(golden.File);
        using ModelFolder model = ModelFolder.Open(golden.Model);
        TextToVideoPipeline pipeline = new(model, backend);
        for (int i = 0; i < golden.Prompts.Length; i++)
        {
            GenerationRequest request = new(golden.Prompts[i], "", 1234, 4, count, 8, side, side, 4, "lcm") { Noise = new BatchNoise(file, i) };
            byte[] frames = new byte[count * side * side * 3];
            GenerationResult result = pipeline.Generate(request, (t, rgb) => rgb.CopyTo(frames.AsSpan(t * rgb.Length)));
            float[] latents = Part(file.Read("final_latents"), i);
            yield return new(golden.Prompts[i], Difference.Between(result.Latents, latents), Psnr(frames, Part(file.Read("frames_u8"), i)), result.Latents);
        }
    }

    /// <summary>Of two.</summary>
    private static float[] Part(float[] values, int index)
    {
        int count = values.Length / 2;
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
