using Hummingbird.Vulkan.Bench.Models;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Bench;

/// <summary>FLOPs of what `bench model --model config:snapvideo-500m` measures, in units of 10^12, as counted over the same networks in PyTorch.</summary>
public sealed class SnapFlopTests
{
    [Fact]
    public void The_unet_baseline_counts_as_in_PyTorch()
    {
        FlopCount count = FlopCount.Of(SnapUNetBaseline.Evaluation(StorageTypes.Single));
        Assert.Equal(1.513, count.Convolution / 1e12, 0.002);

        // PyTorch counts 0.200 and 0.157: there the projections of spatial attention, whose input is transposed, are batched products like
        // those of scores and values. They are 0.084 of the linear ones here.
        Assert.Equal(0.200 + 0.084, count.Linear / 1e12, 0.001);
        Assert.Equal(0.157 - 0.084, count.Attention / 1e12, 0.001);
        Assert.Equal(1.870, count.Total / 1e12, 0.002);
    }

    [Fact]
    public void Fit_takes_2_66_times_fewer()
    {
        FlopCount unet = FlopCount.Of(SnapUNetBaseline.Evaluation(StorageTypes.Single)), fit = FlopCount.Of(SnapVideoBench.Evaluation(SnapVideoArchitecture.Fit500M, StorageTypes.Single));
        Assert.Equal(0.703, fit.Total / 1e12, 0.002);
        Assert.Equal(2.66, unet.Total / fit.Total, 0.02);
    }
}
