using System.IO.Enumeration;

namespace Hummingbird.Vulkan.Engine.Hub;

/// <param name="Repository">What to fetch.</param>
/// <param name="Revision">A branch, a tag or a commit.</param>
/// <param name="Files">Paths, or patterns with * and ?; none: all files.</param>
/// <param name="IsDryRun">Only say what would be fetched.</param>
public sealed record PullRequest(RepositoryName Repository, string Revision = "main", IReadOnlyList<string>? Files = null, bool IsDryRun = false);

/// <param name="BytesDone">Of the files wanted, what was there before included.</param>
/// <param name="File">The one on its way.</param>
public readonly record struct PullProgress(long BytesDone, long BytesTotal, string File);

/// <param name="Snapshot">The folder of links; it exists once something was fetched.</param>
/// <param name="Files">Those wanted.</param>
/// <param name="BytesFetched">Over the network; of a dry run: still to be fetched.</param>
public sealed record PullReport(string Commit, string Snapshot, IReadOnlyList<HubFile> Files, long BytesFetched);

/// <summary>Fetches a repository into the cache: what is there is kept, what was cut goes on where it stopped, every byte is checked.</summary>
public sealed class HubPull : IDisposable
{
    private const int MostTries = 5;
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(5);

    private readonly HubSettings settings;
    private readonly HubCache cache;
    private readonly HubConnection connection;
    private readonly Action<string> onWait;
    private readonly TimeSpan firstWait;

    /// <param name="onWait">Told why and how long a try waits.</param>
    /// <param name="firstWait">Before the second try; doubled with each. Default: one second.</param>
    public HubPull(HubSettings settings, Action<string>? onWait = null, TimeSpan? firstWait = null)
    {
        (this.settings, cache, connection) = (settings, new HubCache(settings.Cache), new HubConnection(settings));
        (this.onWait, this.firstWait) = (onWait ?? (static _ => { }), firstWait ?? TimeSpan.FromSeconds(1));
    }

    /// <exception cref="HubException">Refused, unknown, damaged, no room; what was fetched before stays.</exception>
    public PullReport Run(PullRequest request, IProgress<PullProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (settings.IsOffline)
            return Offline(request);
        HubListing listing = Retried(request.Repository.ToString(), () => connection.List(request.Repository, request.Revision, cancellation), cancellation);
        HubFile[] wanted = Wanted(request, listing);
        long total = wanted.Sum(f => f.Size), done = 0;
        string snapshot = Path.Combine(cache.FolderOf(request.Repository), "snapshots", listing.Commit);
        HubFile[] missing = [.. wanted.Where(f => !IsComplete(request.Repository, f)).DistinctBy(f => f.Hash)];
        if (request.IsDryRun)
            return new PullReport(listing.Commit, snapshot, wanted, missing.Sum(f => f.Size));
        try
        {
            CheckSpace(request.Repository, missing);
            long fetched = 0;
            foreach (HubFile file in wanted)
            {
                long before = done;
                progress?.Report(new PullProgress(done, total, file.Path));
                if (!IsComplete(request.Repository, file))
                    fetched += Fetch(request.Repository, listing.Commit, file, at => progress?.Report(new PullProgress(before + at, total, file.Path)), cancellation);
                cache.Link(request.Repository, listing.Commit, file);
                done += file.Size;
                progress?.Report(new PullProgress(done, total, file.Path));
            }

            cache.SetRef(request.Repository, request.Revision, listing.Commit);
            return new PullReport(listing.Commit, snapshot, wanted, fetched);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HubException($"{request.Repository}: cannot be written to {settings.Cache}: {e.Message}", e);
        }
    }

    public void Dispose() => connection.Dispose();

    private PullReport Offline(PullRequest request)
    {
        CachedSnapshot? found = cache.FindSnapshot(request.Repository, request.Revision == "main" ? null : request.Revision);
        return found is null
            ? throw new HubException($"{request.Repository} is not in {settings.Cache}, and HF_HUB_OFFLINE forbids to fetch it.")
            : new PullReport(found.Commit, found.Folder, [.. found.Files.Where(f => f.Blob is not null).Select(f => new HubFile(f.Path, f.Size, f.Blob!))], 0);
    }

    private static HubFile[] Wanted(PullRequest request, HubListing listing)
    {
        if (request.Files is not { Count: > 0 } patterns)
            return [.. listing.Files];
        string? unmatched = patterns.FirstOrDefault(p => !listing.Files.Any(f => FileSystemName.MatchesSimpleExpression(p, f.Path, ignoreCase: false)));
        if (unmatched is not null)
            throw new HubException($"{request.Repository} holds no file '{unmatched}'; there are {string.Join(", ", listing.Files.Take(12).Select(f => f.Path))}{(listing.Files.Count > 12 ? " ..." : "")}");
        return [.. listing.Files.Where(f => patterns.Any(p => FileSystemName.MatchesSimpleExpression(p, f.Path, ignoreCase: false)))];
    }

    private bool IsComplete(RepositoryName repository, HubFile file) => new FileInfo(cache.BlobOf(repository, file.Hash)) is { Exists: true } blob && blob.Length == file.Size;

    private void CheckSpace(RepositoryName repository, HubFile[] missing)
    {
        Directory.CreateDirectory(settings.Cache);
        long needed = missing.Sum(f => f.Size - (new FileInfo(cache.BlobOf(repository, f.Hash) + HubCache.Incomplete) is { Exists: true } part ? Math.Min(part.Length, f.Size) : 0));
        long free = new DriveInfo(settings.Cache).AvailableFreeSpace;
        if (free < needed)
            throw new HubException($"{repository}: needs {needed} more bytes, but only {free} are free at {settings.Cache}. Set HF_HUB_CACHE to a folder on another disk, or name the files to fetch.");
    }

    /// <summary>One blob, from where an earlier try stopped; it takes its name when its hash is right.</summary>
    private long Fetch(RepositoryName repository, string commit, HubFile file, Action<long> onBytes, CancellationToken cancellation)
    {
        string blob = cache.BlobOf(repository, file.Hash), lockPath = cache.LockOf(repository, file.Hash);
        Directory.CreateDirectory(Path.GetDirectoryName(blob)!);
        Directory.CreateDirectory(Path.GetDirectoryName(lockPath)!);
        using FileStream held = Retried(file.Path, () => Lock(lockPath), cancellation);
        using var download = new BlobDownload(blob + HubCache.Incomplete, file, onBytes);
        for (int tries = 0; !download.IsComplete;)
        {
            long before = download.Position;
            try
            {
                download.Go(() => connection.Open(repository, commit, file.Path, download.Position, cancellation), cancellation);
            }
            catch (HubBusyException e)
            {
                // A line that gives something each time may be as bad as it likes.
                tries = download.Position > before ? 1 : tries + 1;
                if (tries == MostTries)
                    throw GivenUp(repository.ToString(), e);
                Wait(file.Path, e, tries, cancellation);
            }
        }

        download.Check(repository);
        download.Dispose();
        File.Move(blob + HubCache.Incomplete, blob, overwrite: true);
        return download.Fetched;
    }

    private static FileStream Lock(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (File.Exists(path))
        {
            throw new HubBusyException("another program is fetching this file", e);
        }
    }

    private T Retried<T>(string what, Func<T> action, CancellationToken cancellation)
    {
        for (int tries = 1; ; tries++)
        {
            try
            {
                return action();
            }
            catch (HubBusyException e) when (tries < MostTries)
            {
                Wait(what, e, tries, cancellation);
            }
            catch (HubBusyException e)
            {
                throw GivenUp(what, e);
            }
        }
    }

    private void Wait(string what, HubBusyException reason, int tries, CancellationToken cancellation)
    {
        TimeSpan wait = reason.After ?? firstWait * (1 << (tries - 1));
        if (wait > LongestWait)
            throw GivenUp(what, reason);
        onWait($"{what}: {reason.Message}; trying again in {wait.TotalSeconds:0.#} s");
        cancellation.WaitHandle.WaitOne(wait);
        cancellation.ThrowIfCancellationRequested();
    }

    private static HubException GivenUp(string what, HubBusyException reason) => new(
        $"{what}: {reason.Message}; given up{(reason.After is { } after ? $", the server asks to wait {after.TotalSeconds:0} s" : "")}. What was fetched is kept: the same command goes on from there.", reason);
}
