using Hummingbird.Vulkan.Kernels.Cases;
using Hummingbird.Vulkan.Tools.ShaderBuild;
using Xunit;

namespace Hummingbird.Vulkan.Kernels.Tests.Shaders;

/// <summary>What C# plans and what the SPIR-V expects are the same push constants and the same specialization constants.</summary>
public class ShaderContractTests
{
    // Shaders that measure the device and are no kernels.
    private const string OfBenches = "bench_";

    // maxPushConstantsSize that every Vulkan device has.
    private const int SmallestPushLimit = 128;

    // One of each kind: CPU drivers of either family, GPUs with small and with large subgroups, with and without cooperative matrices.
    private static readonly KernelTarget[] Targets =
    [
        new(SubgroupSize: 8, MatrixFamily.Gather, IsCpu: true),
        new(SubgroupSize: 8, MatrixFamily.Gather, IsCpu: true, WinogradTile: 4),
        new(SubgroupSize: 16, MatrixFamily.Gather, IsCpu: true, WinogradTile: 2),
        new(SubgroupSize: 8, MatrixFamily.LoadVector, IsCpu: true),
        new(SubgroupSize: 32, MatrixFamily.Tiled, MaxWorkgroupInvocations: 1024, SharedMemoryBytes: 49_152),
        new(SubgroupSize: 64, MatrixFamily.Tiled, MaxWorkgroupInvocations: 256),
        new(SubgroupSize: 32, MatrixFamily.TiledPacked),
        new(SubgroupSize: 32, MatrixFamily.CoopMatrix, Cooperative: new(16, 16, 16, SubgroupSize: 64)),
    ];

    private static readonly Dictionary<string, ShaderVariant> Variants = ShaderSources.Catalog.Variants.ToDictionary(v => v.Name);

    // One dispatch of each shader by each kernel that uses it.
    private static readonly Dictionary<(string Shader, Type Kernel), Dispatch> Planned = ConformanceCases.All
        .SelectMany(row => Targets.SelectMany(target => Dispatches(row, target)).Select(d => (Kernel: row.Kernel.GetType(), Dispatch: d)))
        .DistinctBy(p => (p.Dispatch.Shader, p.Kernel))
        .ToDictionary(p => (p.Dispatch.Shader, p.Kernel), p => p.Dispatch);

    public static TheoryData<string> Shaders() => [.. Planned.Keys.Select(k => k.Shader).Distinct().Order(StringComparer.Ordinal)];

    [Fact]
    public void Every_planned_shader_is_compiled_and_every_compiled_one_is_planned()
        => Assert.Equal(Variants.Keys.Where(name => !name.StartsWith(OfBenches, StringComparison.Ordinal)).Order(StringComparer.Ordinal), Planned.Keys.Select(k => k.Shader).Distinct().Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Shaders))]
    public void Push_constants_are_the_operands_and_then_the_parameters(string shader)
    {
        ShaderVariant variant = Variants[shader];
        PushMember[] expected = [.. SpirvModule.Load(ShaderSources.Catalog.SpirvPath(variant)).PushConstants];
        string[] names = [.. PushBlock.NamesInSource(ShaderSources.Catalog.Source(variant))];
        Assert.Equal(expected.Length, names.Length);
        foreach (((_, Type kernel), Dispatch dispatch) in Planned.Where(p => p.Key.Shader == shader))
        {
            int operands = dispatch.Operands.Length;
            Assert.Equal(Enumerable.Range(0, operands).Select(i => new PushMember("ulong", i * sizeof(ulong))), expected.Take(operands));
            (string Name, PushMember Member)[] fields = [.. PushBlock.Fields(ParametersOf(variant, kernel), operands)];
            Assert.Equal(fields, names.Zip(expected).Skip(operands));
            Assert.Equal(expected.Max(m => m.Offset) + sizeof(uint), dispatch.PushSizeInBytes);
        }
    }

    [Theory]
    [MemberData(nameof(Shaders))]
    public void Specialization_constants_are_numbered_as_planned(string shader)
    {
        SpirvModule module = SpirvModule.Load(ShaderSources.Catalog.SpirvPath(Variants[shader]));
        foreach (Dispatch dispatch in Planned.Where(p => p.Key.Shader == shader).Select(p => p.Value))
        {
            Assert.Equal(Enumerable.Range(0, dispatch.Constants.Length), module.SpecializationIds);
        }
    }

    [Fact]
    public void Dispatches_stay_within_every_devices_limits()
    {
        foreach (ConformanceCase row in ConformanceCases.All)
        {
            foreach (KernelTarget target in Targets)
            {
                foreach (Dispatch dispatch in Dispatches(row, target))
                {
                    Assert.InRange(dispatch.PushSizeInBytes, 0, SmallestPushLimit);
                    Assert.InRange(dispatch.Workgroups.X, 1, target.MaxWorkgroupCount);
                    Assert.InRange(dispatch.Workgroups.Y, 1, target.MaxWorkgroupCount);
                    Assert.InRange(dispatch.Workgroups.Z, 1, target.MaxWorkgroupCount);
                    Assert.InRange(dispatch.Constants[0], 1, target.MaxWorkgroupInvocations);
                }
            }
        }
    }

    // A kernel's own shader reads its Parameters; another of its shaders those named after it; another kernel's shader that kernel's.
    private static Type ParametersOf(ShaderVariant variant, Type kernel)
    {
        string named = string.Concat(variant.Kernel.Split('_').Select(word => char.ToUpperInvariant(word[0]) + word[1..])) + "Parameters";
        Type owner = ConformanceCases.All.FirstOrDefault(row => row.Kernel.Name == variant.Kernel)?.Kernel.GetType() ?? kernel;
        // Winograd's transforms are planned by both convolutions; their parameters stand with the first.
        return kernel.GetNestedType(named) ?? typeof(Conv2d).GetNestedType(named) ?? owner.GetNestedType("Parameters")!;
    }

    private static IEnumerable<Dispatch> Dispatches(ConformanceCase row, KernelTarget target)
    {
        TensorSpec[] specs = row.Specs();
        return row.Kernel.Plan(specs, new(row.Kernel.Infer(specs), row.Kernel.OutputType(specs)), target).Dispatches;
    }
}
