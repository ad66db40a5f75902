using Hummingbird.Vulkan.Engine.Random;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Engine.Generation;

/// <summary>The normal noise of a generation, in the order it is drawn: the start, then one tensor after each step.</summary>
public interface INoiseSource
{
    /// <summary>The next tensor, [1, C, T, H, W] as PyTorch orders it.</summary>
    float[] Next(int count);
}

/// <summary>torch's CPU generator: the start first, then one draw per step.</summary>
public sealed class SeededNoise(long seed) : INoiseSource
{
    private readonly TorchGenerator generator = new(seed);

    public float[] Next(int count) => generator.Randn(count);
}

/// <summary>Noise from a file: <c>noise</c> is the start, <c>noise.0</c>, <c>noise.1</c> ... follow the steps.</summary>
public sealed class FileNoise(IWeightSource source) : INoiseSource
{
    private int drawn;

    public float[] Next(int count)
    {
        string name = drawn == 0 ? "noise" : $"noise.{drawn - 1}";
        drawn++;
        WeightTensor tensor = new WeightScope(source).Get(name);
        return tensor.ElementCount == count
            ? tensor.ReadFloats()
            : throw new GenerationException(null, $"{source.DisplayName}: '{name}' has {tensor.ElementCount} values, this generation needs {count}; check frames and size.");
    }
}

/// <summary>All noise of one generation, in our order of latents [1, T, H, W, C].</summary>
/// <param name="Start">Where denoising starts.</param>
/// <param name="Steps">What each step adds.</param>
public sealed record Noise(float[] Start, float[][] Steps)
{
    /// <summary>Draws it from the request's source or seed: the start first, then one tensor for each step.</summary>
    public static Noise Draw(GenerationRequest request, int steps, LatentSize size)
    {
        INoiseSource source = request.Noise ?? new SeededNoise(request.Seed);
        float[] Next()
        {
            float[] ordered = new float[size.Count];
            LatentLayout.ChannelsLast(source.Next(size.Count), ordered, size.Channels);
            return ordered;
        }

        float[] start = Next();
        return new(start, [.. Enumerable.Range(0, steps).Select(_ => Next())]);
    }
}
