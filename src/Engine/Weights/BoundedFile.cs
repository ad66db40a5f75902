namespace Hummingbird.Vulkan.Engine.Weights;

/// <summary>Reads small files whole, refusing to read more than was agreed.</summary>
internal static class BoundedFile
{
    public static byte[] Read(string path, int limit)
    {
        try
        {
            var info = new FileInfo(path);
            if (!info.Exists)
                throw WeightException.In(path, Directory.Exists(path) ? "is a folder, expected a file." : "no such file.");
            if (info.Length > limit)
                throw WeightException.In(path, $"has {info.Length} bytes, more than the {limit} such a file may have.");
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new WeightException($"{path}: cannot be read: {e.Message}", e);
        }
    }
}
