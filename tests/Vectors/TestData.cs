namespace Hummingbird.Vulkan.Vectors;

/// <summary>Where the tests' files are: tests/data of this checkout.</summary>
public static class TestData
{
    public static string Root { get; } = FindRoot();

    public static string Folder => Path.Combine(Root, "tests", "data");

    /// <summary>A file of tests/data.</summary>
    public static string PathOf(string name) => Path.Combine(Folder, name);

    /// <summary>A file of reference tensors: from the folder of all references beside this checkout where there is one, else our copy.</summary>
    public static string VectorPath(string name)
    {
        string shared = Path.Combine(Root, "..", "shared");
        string[] places = [Path.Combine(shared, "vectors", "hummingbird", name), Path.Combine(shared, "nano", "vectors", name)];
        return places.FirstOrDefault(File.Exists) ?? Path.Combine(Folder, "vectors", name);
    }

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
