using System.Text.RegularExpressions;
using Hummingbird.Vulkan.Engine.Hub;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Server.Jobs;

/// <summary>A model that clients may name.</summary>
/// <param name="Folder">Where it lies, or the name of an embedded one.</param>
/// <param name="IsEmbedded">It is inside the engine.</param>
/// <param name="Description">For reading configurations; whoever generates opens the folder anew.</param>
public sealed record CatalogModel(string Name, string Folder, bool IsEmbedded, ModelFolder Description)
{
    public ModelFolder Open() => ModelFolder.Open(Folder);
}

/// <summary>The embedded models, the model folders inside one folder, and those pulled from the Hub. A name is looked up here and nowhere else.</summary>
public sealed partial class ModelCatalog : IDisposable
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, CatalogModel> models = new(StringComparer.Ordinal);
    private readonly HashSet<string> refused = new(StringComparer.Ordinal);
    private readonly string? folder;
    private readonly HubCache? pulled;
    private readonly Action<string> say;

    /// <param name="folder">Of model folders; null for none.</param>
    /// <param name="pulled">What was pulled from the Hub; null offers nothing of it.</param>
    /// <param name="say">Told what is not offered, and why.</param>
    /// <param name="preferred">The name of <see cref="Default"/>; null: the engine's own.</param>
    /// <exception cref="ServerException">It is not offered.</exception>
    public ModelCatalog(string? folder, HubCache? pulled, Action<string> say, string? preferred = null)
    {
        (this.folder, this.pulled, this.say) = (folder, pulled, say);
        foreach (string name in ModelFolder.EmbeddedNames)
        {
            models[name] = new(name, name, true, ModelFolder.Open(name));
        }

        Scan();
        Default = models.GetValueOrDefault(preferred ?? ModelFolder.EmbeddedNames[0])
            ?? throw new ServerException($"--model is '{preferred}'; offered are {string.Join(", ", models.Keys.Order(StringComparer.Ordinal))}.");
    }

    public CatalogModel Default { get; }

    public IReadOnlyList<CatalogModel> List()
    {
        lock (gate)
        {
            Scan();
            return [.. models.Values.OrderBy(m => !m.IsEmbedded).ThenBy(m => m.Name, StringComparer.Ordinal)];
        }
    }

    public CatalogModel? Find(string name)
    {
        lock (gate)
        {
            if (!models.ContainsKey(name))
            {
                Scan();
            }

            return models.GetValueOrDefault(name);
        }
    }

    public void Dispose()
    {
        foreach (CatalogModel model in models.Values)
        {
            model.Description.Dispose();
        }
    }

    /// <summary>Takes up folders that have come since; those that are no models are told about once.</summary>
    private void Scan()
    {
        foreach ((string name, string path) in Found().Where(f => !models.ContainsKey(f.Name) && !refused.Contains(f.Name)))
        {
            try
            {
                models[name] = ModelName().IsMatch(name)
                    ? new(name, path, false, ModelFolder.Open(path))
                    : throw new WeightException($"'{name}' is no name a client could use: letters, digits, dots, dashes and underscores.");
            }
            catch (Exception error) when (error is WeightException or IOException or UnauthorizedAccessException)
            {
                refused.Add(name);
                say($"not offered: {error.Message}");
            }
        }
    }

    private IEnumerable<(string Name, string Path)> Found()
    {
        IEnumerable<(string, string)> own = folder is null || !Directory.Exists(folder) ? [] : Directory.EnumerateDirectories(folder)
            .Where(p => File.Exists(Path.Combine(p, "model_index.json"))).Select(p => (Path.GetFileName(p), p));
        IEnumerable<(string, string)> others = (pulled?.List() ?? []).Select(r => (Name: $"{r.Name}", Snapshot: pulled!.FindSnapshot(r.Name)))
            .Where(r => r.Snapshot is { IsModelFolder: true }).Select(r => (r.Name, r.Snapshot!.Folder));
        return own.Concat(others);
    }

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,95}(/[A-Za-z0-9][A-Za-z0-9._-]{0,95})?\z")]
    private static partial Regex ModelName();
}
