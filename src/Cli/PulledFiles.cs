using Hummingbird.Vulkan.Engine.Hub;

namespace Hummingbird.Vulkan.Cli;

/// <summary>Names of the command line that mean something pulled from the Hub: OWNER/REPO, or OWNER/REPO/FILE.</summary>
/// <remarks>A file or folder of that name on this machine goes first. Nothing here asks the network.</remarks>
internal static class PulledFiles
{
    private static readonly string[] WeightSuffixes = [".pt", ".pth", ".ckpt", ".bin", ".safetensors"];

    /// <summary>The model folder OWNER/REPO was pulled to; null for a name that means no repository.</summary>
    /// <exception cref="HubException">It was not pulled, or is no model folder.</exception>
    public static string? ModelFolder(string name)
    {
        if (Path.Exists(name) || !RepositoryName.TryParse(name, out RepositoryName? repository))
        {
            return null;
        }

        CachedSnapshot snapshot = Snapshot(repository.Value);
        string[] weights = Weights(snapshot);
        return snapshot.IsModelFolder ? snapshot.Folder : throw new HubException(
            $"{name} holds no model_index.json: it is no model folder. " + (weights.Length == 0
                ? "It holds no checkpoint either."
                : $"Make one: hummingbird convert {name}/{weights[0]} -o {repository.Value.Name.ToLowerInvariant()}"));
    }

    /// <summary>The local path of a source of weights: as it is, or what OWNER/REPO or OWNER/REPO/FILE was pulled to.</summary>
    /// <exception cref="HubException">It was not pulled, or several of its files could be meant.</exception>
    public static string Source(string name)
    {
        string[] parts = name.Split('/', 3);
        bool isFile = parts.Length == 2 && WeightSuffixes.Contains(Path.GetExtension(name), StringComparer.OrdinalIgnoreCase);
        if (Path.Exists(name) || isFile || parts.Length < 2 || !RepositoryName.TryParse($"{parts[0]}/{parts[1]}", out RepositoryName? repository))
        {
            return name;
        }

        // A path that is not there looks like a repository too: only what was pulled is one, or what has no folder of that name beside it.
        if (new HubCache(HubSettings.FromEnvironment().Cache).Find(repository.Value) is null && (parts.Length == 3 || Directory.Exists(parts[0])))
        {
            return name;
        }

        CachedSnapshot snapshot = Snapshot(repository.Value);
        return parts.Length == 3 ? File(snapshot, parts[2], name) : snapshot.IsModelFolder ? snapshot.Folder : OnlyWeights(snapshot, name);
    }

    private static string File(CachedSnapshot snapshot, string path, string name) => snapshot.Files.Any(f => f.Path == path)
        ? Path.Combine(snapshot.Folder, path)
        : throw new HubException($"{name}: was not pulled; there are {string.Join(", ", snapshot.Files.Select(f => f.Path))}.");

    private static string OnlyWeights(CachedSnapshot snapshot, string name) => Weights(snapshot) switch
    {
        [string only] => Path.Combine(snapshot.Folder, only),
        [] => throw new HubException($"{name} holds no checkpoint; there are {string.Join(", ", snapshot.Files.Select(f => f.Path))}."),
        string[] several => throw new HubException($"{name} holds several checkpoints; name one: {string.Join(", ", several.Select(f => $"{name}/{f}"))}."),
    };

    private static string[] Weights(CachedSnapshot snapshot) =>
        [.. snapshot.Files.Select(f => f.Path).Where(path => WeightSuffixes.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase))];

    private static CachedSnapshot Snapshot(RepositoryName repository)
    {
        HubSettings settings = HubSettings.FromEnvironment();
        return new HubCache(settings.Cache).FindSnapshot(repository)
            ?? throw new HubException($"there is no file or folder '{repository}', and no repository of that name was pulled to {settings.Cache}. Fetch it: hummingbird model pull {repository}");
    }
}
