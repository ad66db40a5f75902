using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Weights;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Weights;

public class RandomWeightsTests
{
    // Counts and hashes are those of the published checkpoints' own lists of names and shapes.
    [Theory]
    [InlineData("hummingbird-0.7b", 853, 772_091_780, "61f66a26603f3410d356e5ecaa18d6120a270e91499e51fe3a628f4b746ce7d1")]
    [InlineData("hummingbird-0.9b", 957, 945_209_220, "0bc755dd22a0eadc6474f2aefaf96979f7f0a84c043daac8a63ecfdc82b5d411")]
    [InlineData("videocrafter2", 1484, 1_413_284_420, "1c8cb3b1bbd749ae0557eeda4de23ee9635aeba7eec4663982b3a3ec54ed3ce6")]
    public void U_nets_have_the_published_tensors(string name, int tensors, long elements, string hash)
        => AssertPublished(PublishedModels.Get(name).RandomUNet(1), tensors, elements, hash);

    [Fact]
    public void The_auto_encoder_and_the_text_tower_have_the_published_tensors()
    {
        PublishedModel model = PublishedModels.Get("config:hummingbird-0.7b");
        AssertPublished(model.RandomVae(1), 248, 83_653_863, "e6a5b336c9bc293eadc699162d3e12a524a2425917abaedf8e744e83eafa17e0");
        AssertPublished(model.RandomTextEncoder(1), 294, 354_032_641, "1d01bf5ad0fe1c02b9100c2659bc21828d2ce2923f665500df0edfeb4ee969d4");
    }

    [Fact]
    public void The_embedded_model_has_the_tensors_its_configurations_say()
    {
        using ModelFolder nano = ModelFolder.Open("nano");
        Assert.Equal(Lines(nano.UNet), Lines(new RandomWeights(TensorShapes.Of(nano.UNetConfig), 1)));
        Assert.Equal(Lines(nano.TextEncoder), Lines(new RandomWeights(TensorShapes.Of(nano.TextEncoderConfig), 1)));
        Assert.Empty(Lines(nano.Vae).Except(Lines(new RandomWeights(TensorShapes.Of(nano.VaeConfig), 1))));
    }

    [Fact]
    public void Values_have_the_variance_that_keeps_activations_of_order_one()
    {
        float[] matrix = Tensor("w.weight", [512, 64, 3, 3]).ReadFloats();
        double variance = matrix.Average(v => (double)v * v);
        Assert.InRange(variance * 64 * 9, 0.99, 1.01);
        Assert.InRange(matrix.Average(), -0.001, 0.001);
        Assert.InRange(Tensor("norm.weight", [4096]).ReadFloats().Average(), 0.99, 1.01);
        Assert.InRange(Tensor("norm.bias", [4096]).ReadFloats().Average(), -0.01, 0.01);
    }

    [Fact]
    public void Seed_and_name_decide_the_values_and_parts_are_parts_of_the_whole()
    {
        float[] whole = Tensor("a.weight", [8, 32]).ReadFloats(), part = new float[50];
        Half[] halves = new Half[50];
        Tensor("a.weight", [8, 32]).ReadFloats(part, 77);
        Tensor("a.weight", [8, 32]).ReadHalves(halves, 77);
        Assert.Equal(whole[77..127], part);
        Assert.Equal(part, halves.Select(h => (float)h));
        Assert.NotEqual(whole, Tensor("b.weight", [8, 32]).ReadFloats());
        Assert.NotEqual(whole, Tensor("a.weight", [8, 32], seed: 2).ReadFloats());
        Assert.Equal(whole.Length, whole.Distinct().Count() + whole.GroupBy(v => v).Sum(g => g.Count() - 1));
        Assert.True(whole.Distinct().Count() > 200);
    }

    [Fact]
    public void An_unknown_architecture_is_refused_with_those_that_there_are()
        => Assert.Contains("hummingbird-0.7b, hummingbird-0.9b, videocrafter2", Assert.Throws<WeightException>(() => PublishedModels.Get("config:sora")).Message, StringComparison.Ordinal);

    private static WeightTensor Tensor(string name, ImmutableArray<int> shape, long seed = 1)
        => new RandomWeights(new Dictionary<string, ImmutableArray<int>> { [name] = shape }, seed).TryGet(name, out WeightTensor? tensor) ? tensor : throw new KeyNotFoundException(name);

    private static void AssertPublished(RandomWeights weights, int tensors, long elements, string hash)
    {
        string[] lines = Lines(weights);
        Assert.Equal(tensors, lines.Length);
        Assert.Equal(elements, weights.ElementCount);
        Assert.Equal(hash, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines)))));
    }

    private static string[] Lines(IWeightSource source)
        => [.. source.Names.Select(n => source.TryGet(n, out WeightTensor? t) ? $"{n} {string.Join(',', t.Shape)}" : n).Order(StringComparer.Ordinal)];
}
