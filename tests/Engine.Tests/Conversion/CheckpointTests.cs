using System.Diagnostics;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.WeightsConverter.Checkpoints;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Conversion;

public sealed class CheckpointTests
{
    public static TheoryData<string> MalformedNames => [.. CheckpointCorpus.Malformed.Keys];

    [Fact]
    public void The_corpus_has_its_size() => Assert.True(CheckpointCorpus.Malformed.Count >= 220, $"{CheckpointCorpus.Malformed.Count} cases");

    [Theory]
    [MemberData(nameof(MalformedNames))]
    public void A_broken_checkpoint_is_refused_quickly_in_one_line(string name)
    {
        (byte[] bytes, string says) = CheckpointCorpus.Malformed[name];
        var clock = Stopwatch.StartNew();
        long before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<WeightException>(() => Checkpoint.Open(bytes, "file.pt").Dispose());
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.StartsWith("file.pt: ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        Assert.True(clock.Elapsed.TotalSeconds < 10, $"took {clock.Elapsed}");
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 200L << 20, "allocates more than 200 MiB");
    }
}
