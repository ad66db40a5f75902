using System.Security.Cryptography;
using Hummingbird.Vulkan.Engine.Device;

namespace Hummingbird.Vulkan.Engine.Compute;

/// <summary>A driver's compiled pipelines on disk: magic, SHA-256 of the rest, the driver's bytes.</summary>
/// <remarks>Drivers trust what they are given, so a file whose hash does not fit is ignored and written anew.
/// A cache must never be the reason that something fails: problems with the file are silent.</remarks>
internal sealed class PipelineCacheFile(string path)
{
    private static readonly byte[] Magic = "HBPIPE1\n"u8.ToArray();

    public string Path { get; } = path;

    /// <returns>Null when the user wants no cache or has no folder for one.</returns>
    public static PipelineCacheFile? For(DeviceSnapshot device, string? folder)
    {
        folder ??= CacheFolder.Of("pipelines");
        return folder.Length == 0 ? null
            : new(System.IO.Path.Combine(folder, $"{device.DeviceUuid}-{device.PipelineCacheUuid}-{device.DriverVersion:x8}.bin"));
    }

    public byte[] Read()
    {
        try
        {
            byte[] all = File.ReadAllBytes(Path);
            int header = Magic.Length + SHA256.HashSizeInBytes;
            return all.Length > header && all.AsSpan().StartsWith(Magic)
                && SHA256.HashData(all.AsSpan(header)).AsSpan().SequenceEqual(all.AsSpan(Magic.Length, SHA256.HashSizeInBytes))
                ? all[header..]
                : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Replaces the file in one step: another process reads the old one or the new one.</summary>
    public void Write(ReadOnlySpan<byte> data)
    {
        string temporary = $"{Path}.{Environment.ProcessId}.tmp";
        try
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
            using (FileStream stream = File.Create(temporary))
            {
                stream.Write(Magic);
                stream.Write(SHA256.HashData(data));
                stream.Write(data);
            }

            File.Move(temporary, Path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (File.Exists(temporary))
            {
                File.Delete(temporary);
            }
        }
    }
}
