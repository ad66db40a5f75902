using Hummingbird.Vulkan.Tools.ShaderBuild;

namespace Hummingbird.Vulkan.Kernels.Tests.Shaders;

/// <summary>The checkout's shaders, found above the test assembly.</summary>
internal static class ShaderSources
{
    public static string Folder { get; } = Path.Combine(FindRoot(), "shaders");

    public static ShaderCatalog Catalog { get; } = new(Folder);

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Hummingbird.Vulkan.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"Hummingbird.Vulkan.sln is in no folder above {AppContext.BaseDirectory}.");
    }
}
