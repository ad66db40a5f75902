using Hummingbird.Vulkan.Engine.Weights;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Weights;

public sealed class WeightScopeTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("hummingbird-test-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static MemorySource Source(params (string Name, int[] Shape)[] tensors) => new(tensors.Select(t =>
        WeightTensor.FromFloats(t.Name, [.. t.Shape], Enumerable.Range(0, t.Shape.Aggregate(1, (a, b) => a * b)).Select(i => (float)i).ToArray())));

    [Fact]
    public void A_scope_is_a_dotted_path()
    {
        WeightScope scope = new WeightScope(Source(("input_blocks.0.0.weight", [2, 3]), ("input_blocks.10.x", [1]))) / "input_blocks" / 0;
        Assert.Equal("input_blocks.0", scope.Path);
        Assert.Equal([0f, 1f, 2f, 3f, 4f, 5f], (scope / 0)["weight"].ReadFloats());
        Assert.True(scope.Contains("0.weight"));
        Assert.True(scope.Contains("0"));
        Assert.False(scope.Contains("0.weigh"));
        Assert.False(scope.Contains("1"));
        Assert.False((new WeightScope(Source(("a.10.x", [1]))) / "a").Contains("1"));
    }

    [Fact]
    public void A_missing_tensor_names_the_nearest()
    {
        WeightScope scope = new(Source(("block.temporal.weight", [1]), ("block.temopral.weight", [1]), ("other", [1]), ("a", [1]), ("b", [1]), ("c", [1]), ("d", [1])));
        string message = Assert.Throws<WeightException>(() => scope.Get("block.temopral.weigth")).Message;
        Assert.Contains("tensor 'block.temopral.weigth' is missing; nearest names: 'block.temopral.weight', 'block.temporal.weight'", message, StringComparison.Ordinal);
        Assert.Equal(6, message.Split('\'').Length / 2);
    }

    [Fact]
    public void A_wrong_shape_names_both()
    {
        WeightScope scope = new(Source(("w", [2, 3])));
        Assert.Contains("has shape [2, 3], expected [3, 2]", Assert.Throws<WeightException>(() => scope.Get("w", 3, 2)).Message, StringComparison.Ordinal);
        Assert.Throws<WeightException>(() => scope.Get("w", 2, 3, 1));
        Assert.Equal(6, scope.Get("w", -1, 3).ElementCount);
    }

    [Fact]
    public void Wrapped_temporal_convolutions_are_found_under_the_plain_name()
    {
        WeightScope scope = new WeightScope(Source(("temopral_conv.conv1.2.conv2d.weight", [2, 2, 3, 1]), ("temopral_conv.conv1.2.conv2d.bias", [2]))) / "temopral_conv";
        WeightTensor weight = scope.Get("conv1.2.weight", 2, 2, 3, 1, 1);
        Assert.Equal([2, 2, 3, 1, 1], weight.Shape);
        Assert.Equal(Enumerable.Range(0, 12).Select(i => (float)i), weight.ReadFloats());
        Assert.Equal([0f, 1f], (scope / "conv1" / 2).Get("bias", 2).ReadFloats());
        Assert.True(scope.Contains("conv1.2.weight"));
    }

    [Fact]
    public void The_plain_name_wins_over_the_wrapped_one()
    {
        WeightScope scope = new(Source(("c.conv2d.weight", [2, 2, 3, 1]), ("c.weight", [1, 1, 3, 1, 1])));
        Assert.Equal([1, 1, 3, 1, 1], scope["c.weight"].Shape);
    }

    [Fact]
    public void Reshaping_keeps_the_number_of_elements()
    {
        WeightTensor tensor = new WeightScope(Source(("w", [2, 3])))["w"];
        Assert.Equal([3, 2], tensor.Reshape([3, 2]).Shape);
        Assert.Contains("6 elements, not 4", Assert.Throws<ArgumentException>(() => tensor.Reshape([2, 2])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_prefix_hides_the_rest()
    {
        var part = new PrefixedSource(Source(("w.a", [1]), ("w.b.c", [2]), ("x.a", [3])), "w.");
        Assert.Equal(["a", "b.c"], part.Names.Order(StringComparer.Ordinal));
        Assert.True(part.TryGet("b.c", out WeightTensor? tensor));
        Assert.Equal([2], tensor.Shape);
        Assert.False(part.TryGet("w.a", out _));
    }

    [Fact]
    public void An_index_joins_its_shards()
    {
        Shard("model-00001-of-00002.safetensors", "a");
        Shard("model-00002-of-00002.safetensors", "b");
        using var source = SafetensorsSource.Open(Index("""{"metadata":{"total_size":8},"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}"""));
        Assert.Equal(["a", "b"], source.Names.Order(StringComparer.Ordinal));
        Assert.Equal(2, source.Files.Count);
        Assert.Equal([1f], new WeightScope(source)["b"].ReadFloats());
    }

    [Theory]
    [InlineData("""{"weight_map":{"a":"../x.safetensors"}}""", "bare *.safetensors file name")]
    [InlineData("""{"weight_map":{"a":"/x.safetensors"}}""", "bare *.safetensors file name")]
    [InlineData("""{"weight_map":{"a":"sub/x.safetensors"}}""", "bare *.safetensors file name")]
    [InlineData("""{"weight_map":{"a":"sub\\x.safetensors"}}""", "bare *.safetensors file name")]
    [InlineData("""{"weight_map":{"a":"C:x.safetensors"}}""", "bare *.safetensors file name")]
    [InlineData("""{"weight_map":{"a":"x.safetensors\u0000"}}""", "bare *.safetensors file name")]
    [InlineData("""{"weight_map":{"a":".."}}""", "bare *.safetensors file name")]
    [InlineData("""{"weight_map":{"a":"passwd"}}""", "bare *.safetensors file name")]
    [InlineData("""{"weight_map":{"a":""}}""", "bare *.safetensors file name")]
    [InlineData("""{"weight_map":{"a":3}}""", "bare *.safetensors file name")]
    [InlineData("""{"weight_map":{"a":"missing.safetensors"}}""", "no such file")]
    [InlineData("""{"weight_map":{"z":"one.safetensors"}}""", "does not hold it")]
    [InlineData("""{"weight_map":{"a":"one.safetensors","a":"one.safetensors"}}""", "not valid JSON")]
    [InlineData("""{"weight_map":{"a":"\ud800.safetensors"}}""", "not valid JSON")]
    [InlineData("""{"weight_map":[]}""", "no weight_map")]
    [InlineData("""[]""", "no weight_map")]
    [InlineData("""{"weight_map":""", "not valid JSON")]
    public void A_bad_index_is_refused(string index, string says)
    {
        Shard("one.safetensors", "a");
        Assert.Contains(says, Assert.Throws<WeightException>(() => SafetensorsSource.Open(Index(index))).Message, StringComparison.Ordinal);
    }

    private void Shard(string file, string tensor) =>
        SafetensorsWriter.Write(Path.Combine(folder, file), [TensorToWrite.FromFloats(tensor, [1], new float[] { 1 })]);

    private string Index(string text)
    {
        string path = Path.Combine(folder, "model.safetensors.index.json");
        File.WriteAllText(path, text);
        return path;
    }
}
