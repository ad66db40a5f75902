using Hummingbird.Vulkan.Engine.Tests.Hub;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Cli;

/// <summary><c>model pull|list|show|verify|rm</c>, and OWNER/REPO where a model or a checkpoint is named.</summary>
public sealed class CliModelTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly FakeHub hub = new();

    public CliModelTests()
    {
        foreach ((string name, string? value) in ((string, string?)[])[("HF_HUB_CACHE", folder["hub"]), ("HF_ENDPOINT", hub.Address), ("HF_TOKEN", "t"), ("HF_HUB_OFFLINE", null)])
            Environment.SetEnvironmentVariable(name, value);
    }

    public void Dispose()
    {
        foreach (string name in (string[])["HF_HUB_CACHE", "HF_ENDPOINT", "HF_TOKEN"])
            Environment.SetEnvironmentVariable(name, null);
        hub.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void A_model_folder_is_pulled_and_generates()
    {
        string nano = Path.Combine(TestData.Root, "models", "nano");
        foreach (string file in Directory.EnumerateFiles(nano, "*", SearchOption.AllDirectories))
            hub.Add(Path.GetRelativePath(nano, file).Replace('\\', '/'), File.ReadAllBytes(file), isLarge: file.EndsWith(".safetensors", StringComparison.Ordinal));
        CliRun.Of("generate", "a ball", "--model", "owner/repo").AssertRefused(1, "Fetch it: hummingbird model pull owner/repo");
        CliRun pulled = CliRun.Of("model", "pull", "owner/repo");
        pulled.AssertDone();
        Assert.Contains($"owner/repo at {FakeHub.Commit}", pulled.Out, StringComparison.Ordinal);
        CliRun.Generate("--seed", "3", "--model", "owner/repo", "-o", folder["a.apng"], "--save-latents", folder["a.safetensors"]).AssertDone();
        CliRun.Generate("--seed", "3", "--model", nano, "-o", folder["b.apng"], "--save-latents", folder["b.safetensors"]).AssertDone();
        Assert.Equal(File.ReadAllBytes(folder["b.safetensors"]), File.ReadAllBytes(folder["a.safetensors"]));
        Assert.Contains("model folder  owner/repo", CliRun.Of("model", "list").Out, StringComparison.Ordinal);
        Assert.Contains("a model folder: a small model", CliRun.Of("model", "show", "owner/repo").Out, StringComparison.Ordinal);
        Assert.Contains("unet: 367 tensors", CliRun.Of("inspect", "owner/repo").Out, StringComparison.Ordinal);
        CliRun.Of("compare", "owner/repo", nano).AssertDone();
    }

    [Fact]
    public void A_checkpoint_is_pulled_and_converted()
    {
        hub.Add("sample.pt", File.ReadAllBytes(Hummingbird.Vulkan.Vectors.TestData.VectorPath("pickled_module_sample.pt")));
        hub.Add("README.md", [1, 2, 3], isLarge: false);
        CliRun.Of("model", "pull", "owner/repo", "*.pt").AssertDone();
        CliRun.Of("generate", "a ball", "--model", "owner/repo").AssertRefused(1, "Make one: hummingbird convert owner/repo/sample.pt -o repo");
        CliRun.Of("convert", "owner/repo/README.md", "-o", folder["x"]).AssertRefused(1, "was not pulled; there are sample.pt");
        foreach (string source in (string[])["owner/repo", "owner/repo/sample.pt"])
        {
            CliRun run = CliRun.Of("convert", source, "-o", folder["out"]);
            run.AssertDone();
            Assert.Contains("Hummingbird 0.7B", run.Out, StringComparison.Ordinal);
        }

        Assert.Contains("\"sample.pt\"", File.ReadAllText(Path.Combine(folder["out"], "hummingbird.json")), StringComparison.Ordinal);
        Assert.Contains("Hummingbird 0.7B", CliRun.Of("inspect", "owner/repo/sample.pt").Out, StringComparison.Ordinal);
        CliRun.Of("compare", "owner/repo", folder["out"]).AssertDone();
    }

    [Fact]
    public void What_is_damaged_is_found_and_what_is_removed_is_gone()
    {
        hub.Add("a.bin", [1, 2, 3]);
        hub.Add("b.txt", [4, 5], isLarge: false);
        CliRun.Of("model", "pull", "owner/repo").AssertDone();
        CliRun.Of("model", "verify", "owner/repo").AssertDone();
        string blobs = Path.Combine(folder["hub"], "models--owner--repo", "blobs");
        File.WriteAllBytes(Path.Combine(blobs, FakeHub.Sha256Of([1, 2, 3])), [1, 2, 4]);
        File.WriteAllBytes(Path.Combine(blobs, FakeHub.GitHashOf([9]) + ".incomplete"), [9]);
        CliRun damaged = CliRun.Of("model", "verify", "owner/repo");
        Assert.Equal(1, damaged.ExitCode);
        Assert.Contains($"has the hash {FakeHub.Sha256Of([1, 2, 4])}: damaged", damaged.Out, StringComparison.Ordinal);
        Assert.Contains("was never finished", damaged.Out, StringComparison.Ordinal);
        CliRun.Of("model", "rm", "owner/repo").AssertDone();
        Assert.Equal([".locks"], Directory.GetFileSystemEntries(folder["hub"]).Select(Path.GetFileName));
        CliRun.Of("model", "rm", "owner/repo").AssertRefused(1, "is not in");
        CliRun.Of("model", "show", "owner/repo").AssertRefused(1, "is not in");
        CliRun.Of("model", "pull", "owner").AssertRefused(2, "must be OWNER/REPO");
        Assert.Contains("0 repositories", CliRun.Of("model", "list").Out, StringComparison.Ordinal);
    }
}
