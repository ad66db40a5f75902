namespace Hummingbird.Vulkan.WeightsConverter.Detection;

/// <summary>Files whose hash is known: that of the pages they are published on.</summary>
internal static class PublishedFiles
{
    private static readonly Dictionary<string, string> Names = new(StringComparer.Ordinal)
    {
        ["fb33767c96cca8ade769d630c5b6a26127d856cd6c685defd73d1b63940946fa"] = "07B_merged_all.pt of amd/AMD-Hummingbird-T2V",
        ["75d8159e9c5651224dab707833284eb5fa071b5e5aa4d2b294775e40ed2d5bb8"] = "09B_merged_all.pt of amd/AMD-Hummingbird-T2V",
    };

    public static string? NameOf(string sha256) => Names.GetValueOrDefault(sha256);
}
