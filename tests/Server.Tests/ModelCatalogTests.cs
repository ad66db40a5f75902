using System.Text.Json.Nodes;
using Xunit;

namespace Hummingbird.Vulkan.Server.Tests;

/// <summary>Which models a server offers: those inside, those of a folder, those pulled from the Hub.</summary>
public sealed class ModelCatalogTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("hummingbird-models-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Folders_and_pulled_repositories_are_offered_and_generate()
    {
        CopyNano(Path.Combine(folder, "models", "own"));
        string repository = Path.Combine(folder, "hub", "models--acme--tiny");
        CopyNano(Path.Combine(repository, "snapshots", "0123456789abcdef0123456789abcdef01234567"));
        Directory.CreateDirectory(Path.Combine(repository, "refs"));
        await File.WriteAllTextAsync(Path.Combine(repository, "refs", "main"), "0123456789abcdef0123456789abcdef01234567", TestContext.Current.CancellationToken);
        Directory.CreateDirectory(Path.Combine(folder, "hub", "models--acme--no-model", "snapshots", "1"));

        await using ServerProcess server = new(["--models", Path.Combine(folder, "models")], ("HF_HUB_CACHE", Path.Combine(folder, "hub")));
        await server.StartAsync();
        JsonNode page = await server.Client.JsonAsync("/v1/models");
        Assert.Equal(["nano", "nano-student", "nano-teacher", "acme/tiny", "own"], page["data"]!.AsArray().Select(m => m!.Text("id")));
        foreach (string model in (string[])["acme/tiny", "own"])
        {
            string id = await server.Client.QueueAsync($$"""{"prompt":"a red ball","model":"{{model}}","seed":1}""");
            JsonNode done = await server.Client.UntilAsync(id, "completed", "failed");
            Assert.Equal(("completed", model), (done.Text("status"), done.Text("model")));
        }

        string student = await server.Client.QueueAsync("""{"prompt":"a red ball","model":"nano-student","num_frames":2,"seed":1}""");
        JsonNode large = await server.Client.UntilAsync(student, "completed", "failed");
        Assert.Equal(("completed", "128x128"), (large.Text("status"), large.Text("size")));
    }

    private static void CopyNano(string target)
    {
        DirectoryInfo root = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "Hummingbird.Vulkan.sln")))
        {
            root = root.Parent!;
        }

        string source = Path.Combine(root.FullName, "models", "nano");
        foreach (string file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            string path = Path.Combine(target, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.Copy(file, path);
        }
    }
}
