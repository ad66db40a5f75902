using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.WeightsConverter.Output;

/// <summary>A folder that appears under its name complete or not at all; one that was there stays until then.</summary>
/// <remarks>Files go to a temporary folder beside the target and to the disk, then the folder takes the target's name: by an exchange
/// of names where there was one before, so that the name always leads to a whole folder. What a killed process left behind is removed by the
/// next one: a live one holds a lock on its lock file.</remarks>
internal sealed class AtomicFolder : IDisposable
{
    private const string LockSuffix = ".lock", Suffix = ".tmp";

    private readonly string target;
    private readonly FileStream held;
    private readonly List<Task> flushes = [];
    private bool isCommitted;

    private AtomicFolder(string target, string temporary, FileStream held)
    {
        this.target = target;
        Temporary = temporary;
        this.held = held;
    }

    /// <summary>Where the files are written.</summary>
    public string Temporary { get; }

    /// <exception cref="WeightException">The target is a file, a pipe, a link, or a folder that holds something else than a model.</exception>
    public static AtomicFolder Create(string path)
    {
        string full = Check(path);
        string parent = Path.GetDirectoryName(full)!, name = Path.GetFileName(full);
        RemoveStale(parent, name);
        string temporary = Path.Combine(parent, $".{name}.{Path.GetRandomFileName()}{Suffix}");
        try
        {
            var lockFile = new FileStream(temporary + LockSuffix, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            Directory.CreateDirectory(temporary);
            return new AtomicFolder(full, temporary, lockFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new WeightException($"{path}: cannot be written: {e.Message}", e);
        }
    }

    /// <summary>The full path of an output that may be written.</summary>
    public static string Check(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        string? parent = Path.GetDirectoryName(full);
        if (parent is null)
            throw WeightException.In(path, "is the root folder; name a folder inside it.");
        if (new FileInfo(full).LinkTarget is not null)
            throw WeightException.In(path, "is a symbolic link; name the folder it leads to.");
        if (File.Exists(full))
            throw WeightException.In(path, "is a file (or a pipe), expected a folder to write the model to.");
        if (!Directory.Exists(parent))
            throw WeightException.In(path, $"cannot be written: the folder {parent} does not exist.");
        bool isForeign = Directory.Exists(full) && Directory.EnumerateFileSystemEntries(full).Any()
            && !File.Exists(Path.Combine(full, "model_index.json")) && !File.Exists(Path.Combine(full, ModelWriter.RecordName));
        return isForeign ? throw WeightException.In(path, "is a folder that holds something else than a model; name a new or an empty folder.") : full;
    }

    /// <summary>A new file in the folder. Its bytes go to the disk while the next one is written; <see cref="Commit"/> waits for them.</summary>
    public void Write(string relativePath, Action<Stream> write)
    {
        string path = Path.Combine(Temporary, relativePath);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20);
        try
        {
            write(stream);
        }
        catch
        {
            stream.Dispose();
            throw;
        }

        flushes.Add(Task.Run(() =>
        {
            using (stream)
                stream.Flush(flushToDisk: true);
        }));
    }

    /// <summary>Returns when all files are closed and on the disk; they may be read then.</summary>
    public void Flush()
    {
        foreach (Task flush in flushes)
            flush.GetAwaiter().GetResult();
    }

    /// <summary>Gives the folder its name.</summary>
    public void Commit()
    {
        Flush();
        foreach (string folder in Directory.EnumerateDirectories(Temporary, "*", SearchOption.AllDirectories).Append(Temporary))
            FolderSync.Flush(folder);
        string parent = Path.GetDirectoryName(target)!;
        if (!Directory.Exists(target))
            Directory.Move(Temporary, target);
        else if (!FolderSync.TryExchange(Temporary, target))
            MoveAside();
        isCommitted = true;
        FolderSync.Flush(parent);
        Discard(); // After an exchange the old folder lies under the temporary name.
    }

    public void Dispose()
    {
        held.Dispose();
        if (isCommitted)
            return;
        // Nothing may still be written where things are deleted; what went wrong there is no news any more.
        Task.WhenAll(flushes).ContinueWith(static done => _ = done.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).GetAwaiter().GetResult();
        Discard();
    }

    private void MoveAside()
    {
        string old = $"{Temporary}.old";
        Directory.Move(target, old);
        try
        {
            Directory.Move(Temporary, target);
        }
        catch
        {
            Directory.Move(old, target);
            throw;
        }

        Directory.Delete(old, recursive: true);
    }

    private void Discard()
    {
        if (Directory.Exists(Temporary))
            Directory.Delete(Temporary, recursive: true);
    }

    private static void RemoveStale(string parent, string name)
    {
        foreach (string folder in Directory.EnumerateDirectories(parent, $".{name}.*{Suffix}"))
        {
            try
            {
                using var taken = new FileStream(folder + LockSuffix, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
                Directory.Delete(folder, recursive: true);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Another converter is at work there, or it cannot be removed: it stands in nobody's way.
            }
        }
    }
}
