using System.Text.Json;

namespace Hummingbird.Vulkan.Engine.Hub;

/// <summary>A file of a repository.</summary>
/// <param name="Path">Below the repository's root, with forward slashes; checked: it stays there.</param>
/// <param name="Size">In bytes.</param>
/// <param name="Hash">SHA-256 of large files, 64 hex digits; git's SHA-1 of the others, 40. The name of its blob in the cache.</param>
public sealed record HubFile(string Path, long Size, string Hash)
{
    internal bool IsLarge => Hash.Length == HubListing.Sha256Digits;
}

/// <summary>What a repository holds at one commit.</summary>
public sealed record HubListing(string Commit, IReadOnlyList<HubFile> Files)
{
    internal const int Sha256Digits = 64, Sha1Digits = 40;

    private const int MostFiles = 100_000, LongestPath = 1024, LongestName = 255;

    /// <summary>Reads the answer to api/models/OWNER/REPO/revision/REVISION?blobs=true.</summary>
    /// <exception cref="HubException">It is no such answer, or names a file that would lie outside the repository.</exception>
    internal static HubListing Parse(byte[] json, string repository)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 64, AllowDuplicateProperties = false });
            JsonElement root = document.RootElement;
            string commit = root.GetProperty("sha").GetString() ?? "";
            if (!IsHex(commit, Sha1Digits))
                throw new HubException($"{repository}: the Hub names the commit '{Printable(commit)}', expected {Sha1Digits} hex digits.");
            JsonElement siblings = root.GetProperty("siblings");
            if (siblings.GetArrayLength() > MostFiles)
                throw new HubException($"{repository}: {siblings.GetArrayLength()} files; at most {MostFiles} are read.");
            HubFile[] files = [.. siblings.EnumerateArray().Select(file => ParseFile(file, repository))];
            string? twice = files.GroupBy(f => f.Path, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1)?.Key;
            return twice is null ? new HubListing(commit, files) : throw new HubException($"{repository}: the Hub lists '{Printable(twice)}' twice.");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new HubException($"{repository}: the Hub's answer cannot be read ({e.Message}). Is HF_ENDPOINT the address of a Hub?", e);
        }
    }

    internal static bool IsHex(string text, int digits) => text.Length == digits && text.All(char.IsAsciiHexDigitLower);

    /// <summary>Whether a path names something below the folder it is taken relative to, on any system.</summary>
    internal static bool StaysInside(string path) => path.Length is > 0 and <= LongestPath
        && path.All(c => c >= ' ' && c is not ('\\' or ':' or '\u007f'))
        && path.Split('/').All(part => part.Length is > 0 and <= LongestName && part is not ("." or "..") && part[^1] is not (' ' or '.'));

    /// <summary>Text of a server, as it may appear in a message.</summary>
    internal static string Printable(string text) =>
        string.Concat(text.Take(120).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c));

    private static HubFile ParseFile(JsonElement file, string repository)
    {
        string path = file.GetProperty("rfilename").GetString() ?? "";
        if (!StaysInside(path))
            throw new HubException($"{repository}: lists a file named '{Printable(path)}', which would lie outside its folder: refused. Nothing was fetched.");
        bool isLarge = file.TryGetProperty("lfs", out JsonElement large) && large.ValueKind == JsonValueKind.Object;
        string hash = (isLarge ? large.GetProperty("sha256") : file.GetProperty("blobId")).GetString() ?? "";
        long size = (isLarge ? large : file).GetProperty("size").GetInt64();
        bool isSound = size >= 0 && IsHex(hash, isLarge ? Sha256Digits : Sha1Digits);
        return isSound ? new HubFile(path, size, hash) : throw new HubException($"{repository}: lists '{path}' with {size} bytes and hash '{Printable(hash)}', which is none.");
    }
}
