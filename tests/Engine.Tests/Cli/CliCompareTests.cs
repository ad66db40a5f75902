using Hummingbird.Vulkan.Engine.Weights;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Cli;

public sealed class CliCompareTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Figures_are_those_of_the_formulas()
    {
        Write("a", ("x", [2], [3, 4]));
        Write("b", ("x", [2], [3, 4.5f]));
        using SafetensorsSource a = SafetensorsSource.Open(folder["a"]), b = SafetensorsSource.Open(folder["b"]);
        TensorDifference difference = Assert.Single(TensorComparison.Compare(a, b));
        Assert.Equal(0.5, difference.MaxAbs);
        Assert.Equal(0.25 / 25, difference.Nmse, 1e-15);
        Assert.Equal(10 * Math.Log10(1 / 0.125), difference.Psnr, 1e-12);
    }

    [Theory]
    [InlineData("0.009", 1)]
    [InlineData("0.0101", 0)]
    public void The_tolerance_is_on_nmse(string tolerance, int exitCode)
    {
        Write("a", ("x", [2], [3, 4]));
        Write("b", ("x", [2], [3, 4.5f]));
        Assert.Equal(exitCode, CliRun.Of("compare", folder["a"], folder["b"], "--tolerance", tolerance).ExitCode);
    }

    [Theory]
    [InlineData("x", 3, "shape [2] and [3]")]
    [InlineData("y", 2, "is missing in")]
    public void Other_names_and_shapes_differ_whatever_the_tolerance(string name, int count, string expected)
    {
        Write("a", ("x", [2], [3, 4]));
        Write("b", (name, [count], new float[count]));
        CliRun run = CliRun.Of("compare", folder["a"], folder["b"], "--tolerance", "1e9");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(expected, run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(float.NaN, 1f, 1)]
    [InlineData(1f, float.NaN, 1)]
    [InlineData(float.NaN, float.NaN, 0)]
    [InlineData(float.PositiveInfinity, float.PositiveInfinity, 0)]
    [InlineData(float.PositiveInfinity, float.NegativeInfinity, 1)]
    [InlineData(0f, 1e-30f, 1)]
    public void Values_that_are_no_numbers_are_equal_only_to_themselves(float a, float b, int exitCode)
    {
        Write("a", ("x", [2], [a, 0]));
        Write("b", ("x", [2], [b, 0]));
        Assert.Equal(exitCode, CliRun.Of("compare", folder["a"], folder["b"], "--tolerance", "1e30").ExitCode);
    }

    [Fact]
    public void Large_tensors_are_compared_to_the_end()
    {
        float[] values = new float[200_001];
        Array.Fill(values, 1f);
        Write("a", ("x", [values.Length], values));
        float[] other = [.. values];
        other[^1] = 2;
        Write("b", ("x", [other.Length], other));
        Assert.Equal(1, CliRun.Of("compare", folder["a"], folder["b"]).ExitCode);
        Assert.Equal(0, CliRun.Of("compare", folder["a"], folder["a"]).ExitCode);
    }

    [Fact]
    public void Inspect_lists_tensors_and_a_model()
    {
        Write("w.safetensors", ("layer.weight", [2, 3], new float[6]));
        CliRun file = CliRun.Of("inspect", folder["w.safetensors"], "--tensors");
        Assert.Contains("1 tensors, 6 parameters", file.Out, StringComparison.Ordinal);
        Assert.Contains("F32  [2, 3] layer.weight", file.Out, StringComparison.Ordinal);
        CliRun model = CliRun.Of("inspect", "nano");
        model.AssertDone();
        Assert.Contains("unet: 367 tensors", model.Out, StringComparison.Ordinal);
        Assert.Matches("sha256 [0-9a-f]{64}", model.Out);
    }

    private void Write(string name, (string Name, long[] Shape, float[] Values) tensor)
        => SafetensorsWriter.Write(folder[name], [TensorToWrite.FromFloats(tensor.Name, tensor.Shape, tensor.Values)]);
}
