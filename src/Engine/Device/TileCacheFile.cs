using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Device;

/// <summary>Tiles measured on a device, and what there is to say about them.</summary>
/// <param name="Table">Null when nothing usable was found.</param>
/// <param name="Note">Where they come from, or why they are not used.</param>
public sealed record TunedTiles(TileTable? Table, string Note);

/// <summary>The winners of <c>tune</c> on disk: one JSON file per device and driver, valid for the shaders they were measured with.</summary>
/// <remarks>May be deleted at any time. A damaged or foreign file is ignored, and <c>devices --explain</c> says so.</remarks>
public sealed class TileCacheFile
{
    /// <summary>Of the file's format.</summary>
    public const int Version = 1;

    private const long LargestFile = 4 << 20;

    // Names are written as they are: people read the file.
    private static readonly TileCacheJson Readable = new(new(TileCacheJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    private static readonly Lazy<string> Shaders = new(HashShaders);

    public TileCacheFile(string path) => Path = path;

    public string Path { get; }

    /// <summary>Changes with every shader: what was measured with others counts no more.</summary>
    public static string Engine => Shaders.Value;

    /// <param name="folder">Null is the user's cache folder.</param>
    /// <returns>Null when the user wants no cache or has no folder for one.</returns>
    public static TileCacheFile? For(DeviceSnapshot device, string? folder)
    {
        folder ??= CacheFolder.Of("tiles");
        return folder.Length == 0 ? null
            : new(System.IO.Path.Combine(folder, $"{device.DeviceUuid}-{device.PipelineCacheUuid}-{device.DriverVersion:x8}.json"));
    }

    /// <summary>The options with what was measured on the device, unless they name tiles themselves.</summary>
    public static DeviceOptions Complete(DeviceOptions options, DeviceSnapshot device)
        => options with { Tiles = options.Tiles ?? For(device, options.TileCacheFolder)?.Read() };

    /// <returns>Null when there is no file.</returns>
    public TunedTiles? Read()
    {
        try
        {
            FileInfo file = new(Path);
            if (!file.Exists)
            {
                return null;
            }

            TileCacheContents? contents = file.Length > LargestFile ? null : JsonSerializer.Deserialize(File.ReadAllBytes(Path), TileCacheJson.Default.TileCacheContents);
            return contents is null || contents.Tiles.IsDefault ? Ignored("is damaged")
                : contents.Version != Version ? Ignored($"has format {contents.Version}, this engine reads {Version}")
                : contents.Engine != Engine ? Ignored("was measured with other shaders")
                : new(new(contents.Family, contents.Tiles.ToImmutableDictionary(t => t.Problem, t => t.Tile)), $"measured by `hummingbird tune`, kept in {Path}");
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            return Ignored("is damaged");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Ignored("cannot be read");
        }
    }

    /// <summary>Replaces the file in one step: another process reads the old one or the new one.</summary>
    /// <exception cref="IOException">The folder cannot be written to.</exception>
    public void Write(DeviceSnapshot device, TileTable table)
    {
        TileCacheContents contents = new(
            Version, Engine, device.Name, device.Driver, table.Family,
            [.. table.Measured.OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => new TileCacheEntry(t.Key, t.Value))]);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        string temporary = $"{Path}.{Environment.ProcessId}.tmp";
        try
        {
            File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(contents, Readable.TileCacheContents));
            File.Move(temporary, Path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <returns>Whether there was a file.</returns>
    public bool Delete()
    {
        bool existed = File.Exists(Path);
        File.Delete(Path);
        return existed;
    }

    private static string HashShaders()
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Compute.ShaderLibrary library = new(typeof(TileCacheFile).Assembly);
        foreach (string name in library.Names)
        {
            sha.AppendData(library.Load(name));
        }

        return Convert.ToHexStringLower(sha.GetHashAndReset())[..16];
    }

    private TunedTiles Ignored(string why) => new(null, $"{Path} {why} and is ignored; `hummingbird tune` writes it anew");
}

/// <param name="Problem"><see cref="MatrixProblem.Key"/>.</param>
/// <param name="Tile">The winner.</param>
internal sealed record TileCacheEntry(string Problem, MatrixTile Tile);

internal sealed record TileCacheContents(
    int Version, string Engine, string Device, string Driver, MatrixFamily Family, ImmutableArray<TileCacheEntry> Tiles);

[JsonSourceGenerationOptions(
    WriteIndented = true,
    UseStringEnumConverter = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectRequiredConstructorParameters = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(TileCacheContents))]
internal sealed partial class TileCacheJson : JsonSerializerContext;
