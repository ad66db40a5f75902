using Xunit;

namespace Hummingbird.Vulkan.Kernels.Tests.Shaders;

public class ShaderDriftTests
{
    [Fact]
    public void Checked_in_spirv_belongs_to_its_sources()
        => Assert.True(
            ShaderSources.Catalog.FindDrift() is [],
            string.Join('\n', [.. ShaderSources.Catalog.FindDrift(), "Run: dotnet run --project tools/ShaderBuild"]));

    [Fact]
    public void There_are_fewer_than_sixty_spirv_files()
        => Assert.InRange(ShaderSources.Catalog.Variants.Length, 1, 59);
}
