using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;
using Hummingbird.Vulkan.WeightsConverter;
using Xunit;

namespace Hummingbird.Vulkan.Gpu.Tests;

/// <summary>Weights that were packed by `convert --pack` give the same bits as those packed on loading, or are left alone.</summary>
public sealed class PackedWeightsTests : DeviceTestBase
{
    private readonly string folder = Directory.CreateTempSubdirectory("packed").FullName;

    private string Packed => Path.Combine(folder, "model", PackedWeights.FileOf(Family));

    private static MatrixFamily Family { get; set; }

    [Fact]
    public void They_are_taken_as_they_are()
    {
        using GpuDevice device = Open();
        string model = Convert(device);
        (float[] latents, IReadOnlyList<string> notes) = Generate(device, model);
        Assert.Empty(notes); // nothing was packed anew
        Assert.Equal(Generate(device, "nano").Latents, latents);
    }

    [Fact]
    public void Damaged_ones_are_packed_anew_and_said_to_be()
    {
        using GpuDevice device = Open();
        string model = Convert(device);
        byte[] bytes = File.ReadAllBytes(Packed);
        bytes[^100] ^= 1;
        File.WriteAllBytes(Packed, bytes);
        (float[] latents, IReadOnlyList<string> notes) = Generate(device, model);
        Assert.Contains("1 are damaged", Assert.Single(notes), StringComparison.Ordinal);
        Assert.Equal(Generate(device, "nano").Latents, latents);
        File.WriteAllBytes(Packed, bytes[..(bytes.Length / 2)]);
        WeightException error = Assert.Throws<WeightException>(() => Generate(device, model));
        Assert.Contains(Packed, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Those_of_other_values_are_not_taken()
    {
        using GpuDevice device = Open();
        string model = Convert(device), weights = Path.Combine(model, "unet", "diffusion_pytorch_model.safetensors");
        byte[] bytes = File.ReadAllBytes(weights);
        using (SafetensorsFile file = SafetensorsFile.Open(weights))
        {
            TensorEntry entry = file.Tensors["input_blocks.0.0.weight"];
            long start = file.Length - file.Tensors.Values.Max(t => t.End) + entry.Begin;
            bytes.AsSpan((int)start, (int)entry.SizeInBytes).Clear();
        }

        File.WriteAllBytes(weights, bytes);
        (float[] latents, IReadOnlyList<string> notes) = Generate(device, model);
        Assert.Contains("1 are not in it", Assert.Single(notes), StringComparison.Ordinal);
        File.Delete(Packed);
        Assert.Equal(Generate(device, model).Latents, latents);
        Assert.NotEqual(Generate(device, "nano").Latents, latents);
    }

    protected override void Dispose(bool disposing)
    {
        Directory.Delete(folder, recursive: true);
        base.Dispose(disposing);
    }

    private string Convert(GpuDevice device)
    {
        Family = device.Plan.Target.Matrix;
        string source = Path.Combine(Vectors.TestData.Root, "models", "nano"), output = Path.Combine(folder, "model");
        Converter.Run(new([source], output, Vocabulary: source, Pack: [Family]), cancellation: TestContext.Current.CancellationToken);
        Assert.True(File.Exists(Packed), Packed);
        return output;
    }

    private static (float[] Latents, IReadOnlyList<string> Notes) Generate(GpuDevice device, string path)
    {
        using GpuBackend backend = new(device);
        using ModelFolder model = ModelFolder.Open(path);
        GenerationDefaults d = model.Index.Defaults;
        GenerationRequest request = new("a red circle moving right", "", 3, 1, d.Frames, d.Fps, d.Width, d.Height, d.GuidanceScale, d.Sampler);
        GenerationResult result = new TextToVideoPipeline(model, backend).Generate(request, static (_, _) => { }, cancellation: TestContext.Current.CancellationToken);
        return (result.Latents, result.Notes);
    }
}
