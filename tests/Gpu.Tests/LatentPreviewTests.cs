using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Weights;
using Xunit;

namespace Hummingbird.Vulkan.Gpu.Tests;

/// <summary>Previews show what the video will be.</summary>
public sealed class LatentPreviewTests : DeviceTestBase
{
    [Fact]
    public void The_last_preview_resembles_the_frames()
    {
        using ModelFolder model = ModelFolder.Open("nano");
        using GpuDevice device = Open();
        using GpuBackend backend = new(device);
        LatentPreview preview = LatentPreview.Of(model);
        List<(int Step, int Steps)> steps = [];
        byte[] last = [];
        LatentSize size = default;
        List<byte> frames = [];
        GenerationDefaults defaults = model.Index.Defaults;
        GenerationRequest request = new("a big red circle moving right on a white background", "", 11, 4, 8, 8, defaults.Width, defaults.Height, defaults.GuidanceScale, defaults.Sampler);
        TextToVideoPipeline pipeline = new(model, backend)
        {
            LatentSink = (step, of, extents, latents) =>
            {
                steps.Add((step, of));
                size = extents;
                last = new byte[latents.Length / extents.Channels * 3];
                preview.Project(latents, last);
            },
        };
        pipeline.Generate(request, (_, rgb) => frames.AddRange(rgb), cancellation: TestContext.Current.CancellationToken);

        Assert.Equal([(1, 4), (2, 4), (3, 4), (4, 4)], steps);
        double correlation = Correlation(last, BlockMeans([.. frames], size, request.Width / size.Width));
        Assert.True(correlation > 0.85, $"The preview's correlation with the frames is {correlation:0.000}. After a change of models/nano fit it again: tools/PreviewFit.");
    }

    private static double[] BlockMeans(byte[] frames, LatentSize size, int block)
    {
        double[] means = new double[size.Frames * size.Height * size.Width * 3];
        int width = size.Width * block, height = size.Height * block;
        for (int i = 0; i < frames.Length; i++)
        {
            (int pixel, int colour) = (i / 3, i % 3);
            (int frame, int y, int x) = (pixel / (width * height), pixel / width % height, pixel % width);
            means[(((((frame * size.Height) + (y / block)) * size.Width) + (x / block)) * 3) + colour] += frames[i] / (double)(block * block);
        }

        return means;
    }

    private static double Correlation(byte[] a, double[] b)
    {
        Assert.Equal(a.Length, b.Length);
        double meanA = a.Average(v => v), meanB = b.Average(), ab = 0, aa = 0, bb = 0;
        for (int i = 0; i < a.Length; i++)
        {
            ab += (a[i] - meanA) * (b[i] - meanB);
            aa += (a[i] - meanA) * (a[i] - meanA);
            bb += (b[i] - meanB) * (b[i] - meanB);
        }

        return ab / Math.Sqrt(aa * bb);
    }
}
