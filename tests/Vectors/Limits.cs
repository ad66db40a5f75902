using Xunit;

namespace Hummingbird.Vulkan.Vectors;

/// <summary>How near PyTorch we must come: largest difference relative to the largest reference value.</summary>
public static class Limits
{
    /// <summary>One operation in fp32.</summary>
    public const double Operation = 1e-5;

    /// <summary>A block in fp32.</summary>
    public const double Block = 1e-4;

    /// <summary>A whole tiny network or trajectory in fp32.</summary>
    public const double Network = 1e-3;

    /// <summary>Anything with fp16 storage and fp32 arithmetic.</summary>
    public const double Half = 1e-2;

    /// <summary>All differences are listed when one is over the limit.</summary>
    public static void Check(IEnumerable<(string Name, Difference Difference)> results, double limit)
    {
        List<(string Name, Difference Difference)> all = [.. results];
        Assert.NotEmpty(all);
        string table = string.Join('\n', all.Select(r => $"{(r.Difference.Relative <= limit ? "  " : "! ")}{r.Name}: {r.Difference.Relative:e2}"));
        Assert.True(all.TrueForAll(r => r.Difference.Relative <= limit), $"Over {limit:e0}:\n{table}");
    }
}
