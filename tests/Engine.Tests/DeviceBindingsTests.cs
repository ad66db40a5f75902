using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Hummingbird.Vulkan.Engine.Compute;
using Hummingbird.Vulkan.Engine.Interop;
using Hummingbird.Vulkan.Engine.Memory;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests;

public sealed class DeviceBindingsTests
{
    private static readonly string[] Generated = ["Enums.g.cs", "Structs.g.cs", "Handles.g.cs", "Functions.g.cs"];

    [Fact]
    public void The_bindings_are_those_of_the_whitelist()
    {
        string whitelist = File.ReadAllText(Path.Combine(TestData.Root, "tools", "VkGen", "whitelist.txt")).ReplaceLineEndings("\n");
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(whitelist)));
        foreach (string file in Generated)
        {
            string text = File.ReadAllText(Path.Combine(TestData.Root, "src", "Engine", "Interop", file));
            Assert.True(text.Contains($"// whitelist.txt sha256 {hash}\n", StringComparison.Ordinal), $"{file} is older than the whitelist: run tools/VkGen.");
        }
    }

    /// <summary>vulkan_struct_sizes.txt holds what a C compiler says for 64-bit systems.</summary>
    [Fact]
    public void Structs_have_the_sizes_of_the_C_headers()
    {
        Dictionary<string, int> expected = File.ReadAllLines(TestData.PathOf("vulkan_struct_sizes.txt"))
            .Select(line => line.Split(' ')).ToDictionary(words => words[0], words => int.Parse(words[1]));
        string source = File.ReadAllText(Path.Combine(TestData.Root, "src", "Engine", "Interop", "Structs.g.cs"));
        Assert.Equal(source.Split("internal unsafe struct ").Length - 1, expected.Count);
        Assembly engine = typeof(VulkanLoader).Assembly;
        MethodInfo sizeOf = typeof(DeviceBindingsTests).GetMethod(nameof(SizeOf), BindingFlags.NonPublic | BindingFlags.Static)!;
        foreach ((string name, int size) in expected)
        {
            Type type = engine.GetType($"Hummingbird.Vulkan.Engine.Interop.{name}", throwOnError: true)!;
            Assert.Equal((name, size), (name, (int)sizeOf.MakeGenericMethod(type).Invoke(null, null)!));
        }
    }

    [Fact]
    public void A_new_struct_knows_its_type()
    {
        Assert.Equal(StructureType.BufferCreateInfo, new BufferCreateInfo().SType);
        Assert.Equal(12, (int)StructureType.BufferCreateInfo);
        Assert.Equal(1_000_506_001, (int)new CooperativeMatrixPropertiesKHR().SType);
        Assert.Equal(-4, (int)Result.ErrorDeviceLost);
    }

    [Theory]
    [InlineData("1.2", 1, 2, 0)]
    [InlineData("1.3.230", 1, 3, 230)]
    public void Versions_read_as_they_are_written(string text, uint major, uint minor, uint patch)
    {
        ApiVersion version = ApiVersion.Parse(text);
        Assert.Equal((major, minor, patch), (version.Major, version.Minor, version.Patch));
        Assert.True(version > ApiVersion.V1_1 && version <= ApiVersion.Of(1, 3, 230));
    }

    [Fact]
    public void Pipeline_keys_are_equal_by_content()
    {
        var key = new PipelineKey("a", [1, 2, 3], 16);
        Assert.Equal(key, new PipelineKey("a", [1, 2, 3], 16));
        Assert.Equal(key.GetHashCode(), new PipelineKey("a", [1, 2, 3], 16).GetHashCode());
        Assert.NotEqual(key, new PipelineKey("a", [1, 2, 4], 16));
        Assert.NotEqual(key, new PipelineKey("b", [1, 2, 3], 16));
        Assert.NotEqual(key, new PipelineKey("a", [1, 2, 3], 12));
        Assert.NotEqual(key, new PipelineKey("a", [1, 2, 3], 16, SubgroupSize: 64));
        Assert.Equal(new PipelineKey("a", [], 0), new PipelineKey("a", default, 0));
    }

    [Theory]
    [InlineData(100, 300, 64, 10, 2000)]
    [InlineData(0xFFFF_FFF0, 0x10, 32, 1, 32)] // the counter wrapped
    [InlineData(0xAB_0000_0005, 0xAB_0000_0007, 36, 1, 2)]
    public void Timestamps_count_their_valid_bits_only(ulong from, ulong to, int bits, float period, double nanoseconds)
    {
        ulong mask = bits == 64 ? ulong.MaxValue : (1ul << bits) - 1;
        Assert.Equal(nanoseconds, TimestampPool.Nanoseconds(from, to, mask, period));
    }

    [Fact]
    public void A_memory_budget_counts_and_refuses()
    {
        var budget = new MemoryBudget(1000);
        budget.Take(600, "a");
        var error = Assert.Throws<OutOfGpuMemoryException>(() => budget.Take(401, "weights"));
        Assert.Equal((401, 600, 1000), (error.RequestedInBytes, error.UsedInBytes, error.LimitInBytes));
        Assert.Contains("weights", error.Message, StringComparison.Ordinal);
        budget.Take(400, "b");
        budget.Return(1000);
        Assert.Equal((0, 1000), (budget.UsedInBytes, budget.PeakInBytes));
    }

    [Fact]
    public void A_lost_device_says_what_to_do()
    {
        var error = new DeviceLostException("vkQueueSubmit", "step 3", "radv Mesa 25.0.7");
        Assert.Contains("VK_ERROR_DEVICE_LOST (-4)", error.Message, StringComparison.Ordinal);
        Assert.Contains("step 3", error.Message, StringComparison.Ordinal);
        Assert.Contains("radv Mesa 25.0.7", error.Message, StringComparison.Ordinal);
    }

    private static int SizeOf<T>()
        where T : unmanaged
        => MemoryMarshal.AsBytes(new T[1].AsSpan()).Length;
}
