using System.Text.RegularExpressions;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Server.Jobs;

/// <summary>A model that clients may name.</summary>
/// <param name="Folder">Null is the embedded one.</param>
/// <param name="Description">For reading configurations; whoever generates opens the folder anew.</param>
public sealed record CatalogModel(string Name, string? Folder, ModelFolder Description)
{
    public ModelFolder Open() => ModelFolder.Open(Folder);
}

/// <summary>The embedded model and the model folders inside one folder. A name is looked up here and nowhere else.</summary>
public sealed partial class ModelCatalog : IDisposable
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, CatalogModel> models = new(StringComparer.Ordinal);
    private readonly HashSet<string> refused = new(StringComparer.Ordinal);
    private readonly string? folder;
    private readonly Action<string> say;

    public ModelCatalog(string? folder, Action<string> say)
    {
        (this.folder, this.say) = (folder, say);
        Default = new("nano", null, ModelFolder.Open());
        models[Default.Name] = Default;
        Scan();
    }

    public CatalogModel Default { get; }

    public IReadOnlyList<CatalogModel> List()
    {
        lock (gate)
        {
            Scan();
            return [.. models.Values.OrderBy(m => m.Folder is not null).ThenBy(m => m.Name, StringComparer.Ordinal)];
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
        if (folder is null || !Directory.Exists(folder))
        {
            return;
        }

        foreach (string path in Directory.EnumerateDirectories(folder).Where(p => File.Exists(Path.Combine(p, "model_index.json"))))
        {
            string name = Path.GetFileName(path);
            if (models.ContainsKey(name) || refused.Contains(name))
            {
                continue;
            }

            try
            {
                models[name] = ModelName().IsMatch(name)
                    ? new(name, path, ModelFolder.Open(path))
                    : throw new WeightException($"'{name}' is no name a client could use: letters, digits, dots, dashes and underscores.");
            }
            catch (Exception error) when (error is WeightException or IOException or UnauthorizedAccessException)
            {
                refused.Add(name);
                say($"not offered: {error.Message}");
            }
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\z")]
    private static partial Regex ModelName();
}
