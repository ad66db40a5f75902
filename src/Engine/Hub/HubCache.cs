using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Engine.Hub;

/// <summary>A file of a snapshot in the cache.</summary>
/// <param name="Path">Below the snapshot, with forward slashes.</param>
/// <param name="Size">In bytes.</param>
/// <param name="Blob">The name of the blob behind it: its hash; null for a file that is no link.</param>
public sealed record CachedFile(string Path, long Size, string? Blob);

/// <summary>A commit of a repository in the cache; not all of its files need be there.</summary>
/// <param name="Refs">Branches and tags that lead to it.</param>
public sealed record CachedSnapshot(string Commit, string Folder, IReadOnlyList<string> Refs, IReadOnlyList<CachedFile> Files)
{
    /// <summary>Whether `--model` can name it.</summary>
    public bool IsModelFolder => Files.Any(f => f.Path == "model_index.json");
}

/// <summary>A repository in the cache.</summary>
/// <param name="Bytes">Of its blobs: what removing it frees.</param>
public sealed record CachedRepository(RepositoryName Name, string Folder, long Bytes, IReadOnlyList<CachedSnapshot> Snapshots);

/// <summary>A blob whose contents are not what its name says, or that was never finished.</summary>
public sealed record BlobProblem(string Blob, string Problem);

/// <summary>The Hub's cache on disk, shared with every other program that uses it.</summary>
/// <remarks>models--OWNER--REPO/ holds blobs/HASH (contents), refs/BRANCH (a commit) and snapshots/COMMIT/PATH (links to blobs).
/// Source: "Hub local cache" in the Hub's documentation.</remarks>
public sealed class HubCache(string folder)
{
    internal const string Incomplete = ".incomplete";

    private const string Blobs = "blobs", Refs = "refs", Snapshots = "snapshots", Locks = ".locks";
    private const int LongestRef = 256;

    public string Folder => folder;

    /// <summary>Every repository of models, by name.</summary>
    public IReadOnlyList<CachedRepository> List() => !Directory.Exists(folder) ? [] :
        [.. Directory.EnumerateDirectories(folder, "models--*").Order(StringComparer.Ordinal)
            .Select(path => RepositoryName.OfFolder(Path.GetFileName(path))).OfType<RepositoryName>().Select(Read)];

    public CachedRepository? Find(RepositoryName repository) => Directory.Exists(FolderOf(repository)) ? Read(repository) : null;

    /// <summary>A snapshot's folder: of a branch, a tag or a commit; null revision: main, or the only one there is.</summary>
    public CachedSnapshot? FindSnapshot(RepositoryName repository, string? revision = null)
    {
        IReadOnlyList<CachedSnapshot> snapshots = Find(repository)?.Snapshots ?? [];
        string wanted = revision ?? "main";
        return snapshots.FirstOrDefault(s => s.Refs.Contains(wanted, StringComparer.Ordinal))
            ?? snapshots.FirstOrDefault(s => revision is { Length: >= 7 } && s.Commit.StartsWith(revision, StringComparison.Ordinal))
            ?? (revision is null && snapshots.Count == 1 ? snapshots[0] : null);
    }

    /// <summary>Deletes a repository; links are removed, never followed.</summary>
    /// <returns>The bytes freed.</returns>
    /// <exception cref="HubException">It is not there, or cannot be removed.</exception>
    public long Remove(RepositoryName repository)
    {
        CachedRepository found = Find(repository) ?? throw new HubException($"{repository} is not in {folder}; `hummingbird model list` shows what is.");
        try
        {
            Directory.Delete(found.Folder, recursive: true);
            string locks = Path.Combine(folder, Locks, repository.FolderName);
            if (Directory.Exists(locks))
                Directory.Delete(locks, recursive: true);
            return found.Bytes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HubException($"{repository} cannot be removed from {folder}: {e.Message}", e);
        }
    }

    /// <summary>Reads every blob and compares it with the hash it is named by.</summary>
    public IEnumerable<BlobProblem> Verify(RepositoryName repository, CancellationToken cancellation = default)
    {
        string blobs = Path.Combine(FolderOf(repository), Blobs);
        foreach (string path in (Directory.Exists(blobs) ? Directory.GetFiles(blobs) : []).Order(StringComparer.Ordinal))
        {
            string name = Path.GetFileName(path);
            bool isHash = HubListing.IsHex(name, HubListing.Sha256Digits) || HubListing.IsHex(name, HubListing.Sha1Digits);
            if (!isHash)
            {
                yield return new BlobProblem(name, name.EndsWith(Incomplete, StringComparison.Ordinal) ? "was never finished; pull again to go on" : "is named by no hash");
                continue;
            }

            string found = BlobHash.OfFile(path, name.Length == HubListing.Sha256Digits, cancellation);
            if (found != name)
                yield return new BlobProblem(name, $"has the hash {found}: damaged, delete {path} and pull again");
        }
    }

    internal string FolderOf(RepositoryName repository) => Path.Combine(folder, repository.FolderName);

    internal string BlobOf(RepositoryName repository, string hash) => Path.Combine(FolderOf(repository), Blobs, hash);

    /// <summary>The lock other programs take while they fetch this blob.</summary>
    internal string LockOf(RepositoryName repository, string hash) => Path.Combine(folder, Locks, repository.FolderName, hash + ".lock");

    internal void SetRef(RepositoryName repository, string revision, string commit)
    {
        // A commit needs no name; and no name may lead out of refs/.
        if (revision == commit || !HubListing.StaysInside(revision))
            return;
        string path = Path.Combine(FolderOf(repository), Refs, revision);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        AtomicFile.Write(path, stream => stream.Write(System.Text.Encoding.ASCII.GetBytes(commit)));
    }

    /// <summary>Makes snapshots/COMMIT/PATH a link to a blob; a copy where the system makes no links.</summary>
    internal void Link(RepositoryName repository, string commit, HubFile file)
    {
        string path = Path.Combine(FolderOf(repository), Snapshots, commit, file.Path);
        string target = string.Concat(Enumerable.Repeat("../", 2 + file.Path.Count(c => c == '/'))) + $"{Blobs}/{file.Hash}";
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (new FileInfo(path).LinkTarget == target)
            return;
        File.Delete(path);
        try
        {
            File.CreateSymbolicLink(path, target);
        }
        catch (Exception e) when (OperatingSystem.IsWindows() && e is IOException or UnauthorizedAccessException)
        {
            File.Copy(BlobOf(repository, file.Hash), path);
        }
    }

    private CachedRepository Read(RepositoryName repository)
    {
        string root = FolderOf(repository), blobs = Path.Combine(root, Blobs), snapshots = Path.Combine(root, Snapshots);
        Dictionary<string, string> refs = ReadRefs(Path.Combine(root, Refs));
        long bytes = Directory.Exists(blobs) ? new DirectoryInfo(blobs).EnumerateFiles().Sum(f => f.Length) : 0;
        return new CachedRepository(repository, root, bytes,
            [.. (Directory.Exists(snapshots) ? Directory.GetDirectories(snapshots) : []).Order(StringComparer.Ordinal).Select(path =>
            {
                string commit = Path.GetFileName(path);
                return new CachedSnapshot(commit, path, [.. refs.Where(r => r.Value == commit).Select(r => r.Key).Order(StringComparer.Ordinal)], ReadFiles(path));
            })]);
    }

    private static Dictionary<string, string> ReadRefs(string folder) => !Directory.Exists(folder) ? [] :
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(path => new FileInfo(path).Length <= LongestRef)
            .ToDictionary(path => Path.GetRelativePath(folder, path).Replace('\\', '/'), path => File.ReadAllText(path).Trim(), StringComparer.Ordinal);

    private static CachedFile[] ReadFiles(string snapshot) =>
        [.. Directory.EnumerateFiles(snapshot, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(path =>
        {
            FileSystemInfo? target = File.ResolveLinkTarget(path, returnFinalTarget: true);
            var file = new FileInfo(target?.FullName ?? path);
            return new CachedFile(Path.GetRelativePath(snapshot, path).Replace('\\', '/'), file.Exists ? file.Length : 0, target is null ? null : file.Name);
        })];
}
