namespace Hummingbird.Vulkan.Vectors;

/// <summary>Where the tests' files are: tests/data of this checkout.</summary>
public static class TestData
{
    public static string Root { get; } = FindRoot();

    public static string Folder => Path.Combine(Root, "tests", "data");

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Hummingbird.Vulkan.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No Hummingbird.Vulkan.sln above {AppContext.BaseDirectory}.");
    }
}
