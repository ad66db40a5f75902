namespace Hummingbird.Vulkan.Engine.Tests;

/// <summary>Finds tests/data by walking up to the folder of the solution.</summary>
internal static class TestData
{
    public static string Root { get; } = FindRoot();

    public static string File(string name) => Path.Combine(Root, "tests", "data", name);

    private static string FindRoot()
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (System.IO.File.Exists(Path.Combine(folder, "Hummingbird.Vulkan.sln")))
                return folder;
        }

        throw new InvalidOperationException($"No folder above {AppContext.BaseDirectory} holds Hummingbird.Vulkan.sln.");
    }
}
