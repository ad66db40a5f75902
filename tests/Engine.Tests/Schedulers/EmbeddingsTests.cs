using Hummingbird.Vulkan.Engine.Schedulers;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Schedulers;

public sealed class EmbeddingsTests
{
    private const double Tolerance = 1e-7;      // of values up to 1: half a unit in the last place of fp32

    [Fact]
    public void Timestep_embedding_equals_torch()
    {
        using var vectors = new VectorFile("ops");
        Compare(vectors.Read("timestep_embedding.t"), vectors.Read("timestep_embedding.y"), t => Embeddings.Timestep(t, 320));
    }

    [Fact]
    public void Guidance_embedding_equals_torch()
    {
        using var vectors = new VectorFile("ops");
        Compare(vectors.Read("guidance_embedding.w"), vectors.Read("guidance_embedding.y"), w => Embeddings.Guidance(w, 256));
    }

    [Fact]
    public void Order_and_ends_are_as_specified()
    {
        Assert.Equal([1f, 1f, 0f, 0f], Embeddings.Timestep(0, 4));
        Assert.Equal([0f, 0f, 1f, 1f], Embeddings.Guidance(0, 4));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-2)]
    [InlineData(255)]
    public void Odd_widths_are_refused(int width)
    {
        Assert.Contains("must be even", Assert.Throws<SchedulerException>(() => Embeddings.Timestep(1, width)).Message, StringComparison.Ordinal);
        Assert.Contains("must be even", Assert.Throws<SchedulerException>(() => Embeddings.Guidance(1, width)).Message, StringComparison.Ordinal);
    }

    private static void Compare(float[] inputs, float[] expected, Func<float, float[]> embed)
    {
        float[] actual = [.. inputs.SelectMany(embed)];
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.InRange(Math.Abs(expected[i] - actual[i]), 0, Tolerance);
    }
}
