using System.Text.Json;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Engine.Graph;

/// <summary>What is known of a device's pace, on disk: the first submits of the next run are cut right, and a dry run knows the time.</summary>
/// <remarks>One small JSON file per device and driver. May be deleted at any time; a damaged one is ignored. Never changes a result.</remarks>
public sealed class PaceFile
{
    private const long LargestFile = 64 << 10;

    private PaceFile(string path) => Path = path;

    public string Path { get; }

    /// <remarks>The name says what the factors are of: files of other versions, by kernels, would pass for the worst of what is known.</remarks>
    /// <returns>Null when the user wants no cache, has no folder for one, or pretends that the device is another.</returns>
    public static PaceFile? For(DeviceSnapshot device, DeviceOptions options)
    {
        string folder = options.PaceFolder ?? CacheFolder.Of("pace");
        return folder.Length == 0 || options.Slowdown > 1 ? null
            : new(System.IO.Path.Combine(folder, $"{device.DeviceUuid}-{device.DriverVersion:x8}.kinds.json"));
    }

    /// <returns>Null when there is no usable file.</returns>
    public Pace? Read(DeviceSnapshot device)
    {
        try
        {
            FileInfo file = new(Path);
            if (!file.Exists || file.Length > LargestFile)
            {
                return null;
            }

            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(Path));
            Dictionary<string, double> factors = [];
            foreach (JsonProperty kind in json.RootElement.EnumerateObject())
            {
                factors[kind.Name] = kind.Value.GetDouble();
            }

            return new(DeviceRate.Expected(device.Kind), factors);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    /// <summary>Keeps it; where that cannot be, the next run begins as if nothing was known.</summary>
    public void Write(Pace pace)
    {
        try
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
            AtomicFile.Write(Path, stream =>
            {
                using Utf8JsonWriter json = new(stream, new() { Indented = true });
                json.WriteStartObject();
                foreach ((string kind, double factor) in pace.Factors.OrderBy(f => f.Key, StringComparer.Ordinal))
                {
                    json.WriteNumber(kind, factor);
                }

                json.WriteEndObject();
            });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or WeightException)
        {
            // A cache.
        }
    }
}
