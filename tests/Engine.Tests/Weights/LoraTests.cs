using System.Collections.Immutable;
using Hummingbird.Vulkan.Cli;
using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.WeightsConverter.Detection;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Weights;

/// <summary>Low-rank updates merged at load, under every name they come by.</summary>
public sealed class LoraTests
{
    private static readonly MemorySource UNet = new(
    [
        Tensor("input_blocks.1.1.transformer_blocks.0.attn1.to_q.weight", [6, 4], i => i * 0.5f),
        Tensor("input_blocks.1.1.transformer_blocks.0.attn1.to_out.0.weight", [4, 6], i => -i),
        Tensor("input_blocks.1.0.in_layers.2.weight", [3, 2, 3, 3], i => i * 0.1f),
        Tensor("input_blocks.1.0.in_layers.2.bias", [3], _ => 0),
    ], "unet");

    [Theory]
    [InlineData("lora_unet_input_blocks_1_1_transformer_blocks_0_attn1_to_q.lora_down.weight", "lora_unet_input_blocks_1_1_transformer_blocks_0_attn1_to_q.lora_up.weight")]
    [InlineData("unet.input_blocks.1.1.transformer_blocks.0.attn1.to_q.lora_A.weight", "unet.input_blocks.1.1.transformer_blocks.0.attn1.to_q.lora_B.weight")]
    [InlineData("base_model.model.input_blocks.1.1.transformer_blocks.0.attn1.to_q.lora_A.default.weight", "base_model.model.input_blocks.1.1.transformer_blocks.0.attn1.to_q.lora_B.default.weight")]
    [InlineData("unet.input_blocks.1.1.transformer_blocks.0.attn1.processor.to_q_lora.down.weight", "unet.input_blocks.1.1.transformer_blocks.0.attn1.processor.to_q_lora.up.weight")]
    [InlineData("model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn1.to_q.lora.down.weight", "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn1.to_q.lora.up.weight")]
    public void Every_naming_finds_its_layer(string down, string up)
    {
        MemorySource file = new([Tensor(down, [2, 4], i => i + 1), Tensor(up, [6, 2], i => i - 3)], "file");
        LoraSource merged = new(UNet, LoraFile.Match(file, UNet, 0.5f, () => []), "file");
        AssertMerged(merged, "input_blocks.1.1.transformer_blocks.0.attn1.to_q.weight", file, up, down, 0.5f);
        Assert.Equal(Read(UNet, "input_blocks.1.0.in_layers.2.weight"), Read(merged, "input_blocks.1.0.in_layers.2.weight"));
    }

    [Fact]
    public void Alpha_and_convolutions()
    {
        const string Layer = "lora_unet_input_blocks_1_0_in_layers_2";
        MemorySource file = new(
            [Tensor($"{Layer}.lora_down.weight", [2, 2, 3, 3], i => i * 0.01f), Tensor($"{Layer}.lora_up.weight", [3, 2, 1, 1], i => i + 1), Tensor($"{Layer}.alpha", [], _ => 1)], "file");
        LoraSource merged = new(UNet, LoraFile.Match(file, UNet, 1, () => []), "file");
        AssertMerged(merged, "input_blocks.1.0.in_layers.2.weight", file, $"{Layer}.lora_up.weight", $"{Layer}.lora_down.weight", 0.5f);
    }

    [Fact]
    public void A_list_follows_the_modules_and_a_merged_list_gives_the_same_video()
    {
        using ModelFolder nano = ModelFolder.Open("nano");
        IReadOnlyList<string> layers = UNetManifest.LoraLayers(nano.UNetConfig);
        List<WeightTensor> list = [], named = [];
        for (int i = 0; i < layers.Count; i++)
        {
            ImmutableArray<int> shape = new WeightScope(nano.UNet).Get(layers[i]).Shape;
            WeightTensor up = Tensor($"{2 * i}", [shape[0], 1, .. shape[2..].Select(_ => 1)], n => 0.02f * MathF.Sin(n + i));
            WeightTensor down = Tensor($"{(2 * i) + 1}", [1, .. shape[1..]], n => 0.02f * MathF.Cos(n - i));
            list.AddRange([up, down]);
            string module = layers[i][..^".weight".Length];
            named.AddRange([WeightTensor.FromFloats($"unet.{module}.lora_B.weight", up.Shape, up.ReadFloats()), WeightTensor.FromFloats($"unet.{module}.lora_A.weight", down.Shape, down.ReadFloats())]);
        }

        float[] plain = Generate(nano), byList = Generate(Merged(list)), byName = Generate(Merged(named));
        Assert.Equal(byList, byName);
        Assert.NotEqual(plain, byList);
        Assert.All(byList, v => Assert.True(float.IsFinite(v)));
        ModelFolder Merged(List<WeightTensor> file) => nano.WithLora(LoraFile.Match(new MemorySource(file, "list.pt"), nano.UNet, 1, () => layers), "list.pt");
    }

    [Theory]
    [InlineData("unet.input_blocks.9.to_q.lora_A.weight", "belong to no layer")]
    [InlineData("unet.input_blocks.1.1.transformer_blocks.0.attn1.to_q.lora_A.weight", "one half")]
    public void What_does_not_fit_is_said(string name, string expected)
    {
        MemorySource file = new([Tensor(name, [2, 4], i => i)], "other.safetensors");
        WeightException error = Assert.Throws<WeightException>(() => LoraFile.Match(file, UNet, 1, () => []));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.StartsWith("other.safetensors", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a/b.safetensors", "a/b.safetensors", 1f)]
    [InlineData("a/b.safetensors:0.75", "a/b.safetensors", 0.75f)]
    [InlineData("b.pt:-1", "b.pt", -1f)]
    [InlineData("C" + ":\\b.pt", "C" + ":\\b.pt", 1f)]
    public void A_scale_stands_behind_the_file(string choice, string path, float scale) => Assert.Equal((path, scale), LoraChoice.Split(choice));

    private static float[] Generate(ModelFolder model) => new TextToVideoPipeline(model, new ReferenceBackend())
        .Generate(new("a red ball", "", 1, 1, 1, 8, 16, 16, 4, "lcm"), (_, _) => { }, cancellation: TestContext.Current.CancellationToken).Latents;

    private static void AssertMerged(LoraSource merged, string weight, MemorySource file, string up, string down, float scale)
    {
        float[] w = Read(UNet, weight), u = Read(file, up), d = Read(file, down), found = Read(merged, weight);
        int rank = 2, inputs = d.Length / rank;
        for (int i = 0; i < w.Length; i++)
        {
            double product = Enumerable.Range(0, rank).Sum(r => u[(i / inputs * rank) + r] * d[(r * inputs) + (i % inputs)]);
            Assert.Equal(w[i] + (scale * product), found[i], 4);
        }

        float[] part = new float[3];
        new WeightScope(merged).Get(weight).ReadFloats(part, 5);
        Assert.Equal(found[5..8], part);
        Half[] halves = new Half[2];
        new WeightScope(merged).Get(weight).ReadHalves(halves, 1);
        Assert.Equal((Half)found[2], halves[1]);
    }

    private static float[] Read(IWeightSource source, string name) => new WeightScope(source).Get(name).ReadFloats();

    private static WeightTensor Tensor(string name, ImmutableArray<int> shape, Func<int, float> value)
        => WeightTensor.FromFloats(name, shape, Enumerable.Range(0, shape.Aggregate(1, (p, d) => p * d)).Select(value).ToArray());
}
