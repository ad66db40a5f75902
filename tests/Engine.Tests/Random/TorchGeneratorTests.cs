using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Hummingbird.Vulkan.Engine.Random;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Random;

public sealed class TorchGeneratorTests
{
    [Theory]
    [InlineData(0, 8)]
    [InlineData(0, 16)]
    [InlineData(0, 35)]
    [InlineData(0, 1024)]
    [InlineData(42, 8)]
    [InlineData(42, 16)]
    [InlineData(42, 35)]
    [InlineData(42, 1024)]
    public void Short_draws_equal_torch(long seed, int count)
    {
        using var vectors = new VectorFile("torch_cpu_randn");
        Assert.Equal(vectors.Read($"seed{seed}.randn{count}"), new TorchGenerator(seed).Randn(count));
    }

    [Theory]
    [CombinatorialSeeds]
    public void Latent_sized_draws_equal_torch_to_the_last_bit(long seed, int count)
    {
        using var vectors = new VectorFile("torch_randn_long");
        float[] values = new TorchGenerator(seed).Randn(count);
        Assert.Equal(vectors.Read($"seed{seed}.n{count}.first"), values[..16]);
        Assert.Equal(vectors.Read($"seed{seed}.n{count}.last"), values[^16..]);
        string hash = Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes<float>(values)));
        Assert.Equal(vectors.Metadata[$"seed{seed}.n{count}.sha256"], hash);
    }

    [Fact]
    public void A_sequence_of_calls_equals_torch()
    {
        using var vectors = new VectorFile("torch_randn_long");
        var generator = new TorchGenerator(long.Parse(vectors.Metadata["calls.seed"], CultureInfo.InvariantCulture));
        int[] lengths = [.. vectors.Metadata["calls.lengths"].Split(' ').Select(n => int.Parse(n, CultureInfo.InvariantCulture))];
        for (int i = 0; i < lengths.Length; i++)
        {
            float[] values = generator.Randn(lengths[i]);
            if (lengths[i] < 64)
                Assert.Equal(vectors.Read($"calls.{i}.values"), values);
            else
                Assert.Equal(vectors.Read($"calls.{i}.last"), values[^16..]);
        }
    }

    [Fact]
    public void Nothing_drawn_changes_nothing()
    {
        var generator = new TorchGenerator(3);
        Assert.Empty(generator.Randn(0));
        Assert.Equal(new TorchGenerator(3).Randn(20), generator.Randn(20));
    }

    [Fact]
    public void Values_are_standard_normal()
    {
        float[] values = new TorchGenerator(99).Randn(1 << 20);
        double mean = values.Average(v => (double)v);
        double variance = values.Average(v => (v - mean) * (v - mean));
        Assert.InRange(mean, -4e-3, 4e-3);
        Assert.InRange(variance, 0.99, 1.01);
    }

    private sealed class CombinatorialSeedsAttribute : Xunit.v3.DataAttribute
    {
        private static readonly long[] Seeds = [0, 42, 123456, -1, (1L << 32) + 42, long.MaxValue];
        private static readonly int[] Counts = [8192, 266_240, 163_847];

        public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(System.Reflection.MethodInfo testMethod, Xunit.Sdk.DisposalTracker disposalTracker) =>
            new([.. Seeds.SelectMany(seed => Counts.Select(count => (ITheoryDataRow)new TheoryDataRow(seed, count)))]);

        public override bool SupportsDiscoveryEnumeration() => true;
    }
}
