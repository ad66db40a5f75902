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

    // Lavapipe with 16 lanes overruns its stack when it compiles pack64: shaders/common/bits.glsl has another.
    [Fact]
    public void No_shader_packs_64_bits_by_itself()
        => Assert.DoesNotContain(
            Directory.EnumerateFiles(ShaderSources.Folder, "*.*", SearchOption.AllDirectories).Where(f => f.EndsWith(".comp", StringComparison.Ordinal) || f.EndsWith(".glsl", StringComparison.Ordinal)),
            file => File.ReadAllText(file).Replace("unpack64", "", StringComparison.Ordinal).Contains("pack64(", StringComparison.Ordinal));
}
