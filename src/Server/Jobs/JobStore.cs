using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using Hummingbird.Vulkan.Engine.Media;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Server.Jobs;

/// <summary>The data folder: a record and a file for each video, under names the server makes.</summary>
/// <remarks>One server at a time; what a killed one left half-written is removed when the next one opens the folder.</remarks>
public sealed partial class JobStore : IDisposable
{
    private const int IdLetters = 26;
    private const int LargestRecord = 1 << 20;

    private readonly string folder;
    private readonly FileStream lockFile;

    /// <exception cref="ServerException">The folder cannot be used, or another server uses it.</exception>
    public JobStore(string folder)
    {
        this.folder = Path.GetFullPath(folder);
        try
        {
            Directory.CreateDirectory(this.folder);
            lockFile = new(Path.Combine(this.folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ServerException($"'{folder}' cannot be used for videos: {error.Message} If another server uses it, name a folder with --data.", error);
        }

        foreach (string left in Directory.EnumerateFiles(this.folder, ".*").Where(f => Leftover().IsMatch(Path.GetFileName(f))))
        {
            File.Delete(left);
        }
    }

    public static string NewId() => "video_" + RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz", IdLetters);

    public static bool IsId(string text) => Id().IsMatch(text);

    /// <summary>The records on disk, oldest first; damaged ones are left alone.</summary>
    public IReadOnlyList<VideoRecord> Load()
    {
        List<VideoRecord> records = [];
        foreach (string file in Directory.EnumerateFiles(folder, "video_*.json"))
        {
            string id = Path.GetFileNameWithoutExtension(file);
            if (IsId(id) && TryRead(file) is { } record && record.Id == id && (record.File is null || record.File == Path.GetFileName(record.File)))
            {
                records.Add(record);
            }
        }

        return [.. records.OrderBy(r => r.CreatedAt).ThenBy(r => r.Id, StringComparer.Ordinal)];
    }

    public void Write(VideoRecord record)
        => AtomicFile.Write(RecordPath(record.Id), stream => JsonSerializer.Serialize(stream, record, StoreJson.Default.VideoRecord));

    /// <summary>Where the worker writes a video; the sink may choose another extension.</summary>
    public string NewFile(VideoRecord record) => Path.Combine(folder, record.Id + record.Settings.Format.Extension());

    /// <summary>The finished file, or null when it is gone.</summary>
    public string? FileOf(VideoRecord record)
        => record.File is string name && Path.Combine(folder, name) is var path && File.Exists(path) ? path : null;

    public void Delete(VideoRecord record)
    {
        if (FileOf(record) is string file)
        {
            File.Delete(file);
            File.Delete(VideoSink.SidecarPath(file));
        }

        File.Delete(RecordPath(record.Id));
    }

    public void Dispose() => lockFile.Dispose();

    private static VideoRecord? TryRead(string file)
    {
        try
        {
            return new FileInfo(file).Length > LargestRecord ? null : JsonSerializer.Deserialize(File.ReadAllBytes(file), StoreJson.Default.VideoRecord);
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            return null;
        }
    }

    private string RecordPath(string id) => Path.Combine(folder, id + ".json");

    [GeneratedRegex(@"^video_[a-z]{26}\z")]
    private static partial Regex Id();

    /// <summary>Names of files in the making: records and videos.</summary>
    [GeneratedRegex(@"^\.(hummingbird-[0-9a-f]{32}\.partial(\.\w+)?|[a-z0-9]{8}\.[a-z0-9]{3}\.tmp)\z")]
    private static partial Regex Leftover();
}
