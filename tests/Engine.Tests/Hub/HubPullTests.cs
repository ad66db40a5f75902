using System.Text;
using Hummingbird.Vulkan.Engine.Hub;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Hub;

/// <summary>Fetching from a Hub that behaves, one that breaks and one that lies.</summary>
public sealed class HubPullTests : IDisposable
{
    private static readonly byte[] Config = Encoding.UTF8.GetBytes("{\"a\":1}\n");
    private static readonly byte[] Weights = [.. Enumerable.Range(0, 3_000_000).Select(i => (byte)(i * 7 / 3))];

    private readonly string cache = Directory.CreateTempSubdirectory("hub").FullName;
    private readonly List<string> waits = [];
    private readonly FakeHub hub = new();

    public HubPullTests()
    {
        hub.Add("config.json", Config, isLarge: false);
        hub.Add("unet/model weights.pt", Weights);
    }

    private static RepositoryName Repository => RepositoryName.Parse("owner/repo");

    private string Root => Path.Combine(cache, "models--owner--repo");

    public void Dispose()
    {
        hub.Dispose();
        Directory.Delete(cache, recursive: true);
    }

    [Fact]
    public void Files_lie_as_the_cache_of_the_Hub_keeps_them()
    {
        PullReport report = Pull();
        Assert.Equal((FakeHub.Commit, 2, Config.Length + (long)Weights.Length), (report.Commit, report.Files.Count, report.BytesFetched));
        Assert.Equal(FakeHub.Commit, File.ReadAllText(Path.Combine(Root, "refs", "main")));
        Assert.Equal($"../../blobs/{FakeHub.GitHashOf(Config)}", new FileInfo(Path.Combine(report.Snapshot, "config.json")).LinkTarget);
        Assert.Equal($"../../../blobs/{FakeHub.Sha256Of(Weights)}", new FileInfo(Path.Combine(report.Snapshot, "unet", "model weights.pt")).LinkTarget);
        Assert.Equal(Weights, File.ReadAllBytes(Path.Combine(report.Snapshot, "unet", "model weights.pt")));
        Assert.Equal(2, Directory.GetFiles(Path.Combine(Root, "blobs")).Length);
        Assert.Empty(new HubCache(cache).Verify(Repository, TestContext.Current.CancellationToken));
        Assert.Equal(0, Pull().BytesFetched);
    }

    [Fact]
    public void The_token_goes_to_the_Hub_and_nowhere_else()
    {
        Pull(token: "hf_secret");
        Assert.All(hub.HubRequests, r => Assert.Equal("Bearer hf_secret", r.Headers["Authorization"]));
        Assert.NotEmpty(hub.StorageRequests);
        Assert.All(hub.StorageRequests, r => Assert.False(r.Headers.ContainsKey("Authorization")));
    }

    [Fact]
    public void A_cut_connection_goes_on_where_it_stopped()
    {
        hub.Instead = (host, request, before) => host == "storage" && before < 3 ? FakeHub.Ranged(request, Weights) with { Cut = 700_001 } : null;
        PullReport report = Pull();
        Assert.Equal([0L, 700_001, 1_400_002, 2_100_003], hub.StorageRequests.Select(r => r.From));
        Assert.Equal(Weights, File.ReadAllBytes(Path.Combine(report.Snapshot, "unet", "model weights.pt")));
        Assert.Equal(Weights.Length + Config.Length, report.BytesFetched);
    }

    [Fact]
    public void What_an_earlier_run_left_is_gone_on_from()
    {
        Leave(Weights[..1_000_000]);
        Assert.Equal(Config.Length + Weights.Length - 1_000_000, Pull().BytesFetched);
        Assert.Equal(1_000_000, Assert.Single(hub.StorageRequests).From);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_server_without_ranges_starts_again(bool refuses)
    {
        Leave(Weights[..1_000_000]);
        hub.Instead = (host, request, _) => host != "storage" ? null : refuses && request.From > 0 ? new FakeAnswer(416, []) : new FakeAnswer(200, Weights);
        Assert.Equal(Weights, File.ReadAllBytes(Path.Combine(Pull().Snapshot, "unet", "model weights.pt")));
    }

    [Fact]
    public void A_damaged_beginning_is_found_by_the_hash_and_not_kept()
    {
        Leave(new byte[1_000_000]);
        Assert.Contains("damaged on the way", Refused(), StringComparison.Ordinal);
        Assert.False(Path.Exists(Path.Combine(Root, "blobs", FakeHub.Sha256Of(Weights) + ".incomplete")));
        Pull();
    }

    [Theory]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public void A_busy_Hub_is_asked_again(int status)
    {
        hub.Instead = (host, request, before) => before > 0 ? null
            : FakeHub.Text(status, "later", (status == 429 && request.Path.Contains("/api/", StringComparison.Ordinal) ? "Retry-After" : "X", "1"));
        Pull();
        // The listing, the small file, the large one at the Hub and at its storage.
        Assert.Equal(4, waits.Count);
        Assert.All(waits, wait => Assert.Contains(status.ToString(), wait, StringComparison.Ordinal));
        Assert.Equal(status == 429, waits[0].Contains("again in 1 s", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("429", "the server asks to wait 3600 s")]
    [InlineData("502", "502")]
    public void A_Hub_that_stays_busy_is_left_alone(string status, string says)
    {
        hub.Instead = (_, _, _) => FakeHub.Text(int.Parse(status), "later", ("Retry-After", status == "429" ? "3600" : "0"));
        string message = Refused();
        Assert.Contains(says, message, StringComparison.Ordinal);
        Assert.Contains("given up", message, StringComparison.Ordinal);
        Assert.InRange(hub.HubRequests.Count, 1, 5);
    }

    [Theory]
    [InlineData(401, "", "private (401)", null)]
    [InlineData(401, "GatedRepo", "is gated (401): accept its terms", null)]
    [InlineData(403, "GatedRepo", "the token in use may not read it", "hf_x")]
    [InlineData(404, "RepoNotFound", "does not exist", null)]
    [InlineData(404, "RevisionNotFound", "no such revision", null)]
    [InlineData(418, "", "418, which is not understood", null)]
    public void A_refusal_says_what_to_do(int status, string code, string says, string? token)
    {
        hub.Instead = (_, _, _) => FakeHub.Text(status, "no", ("X-Error-Code", code));
        Assert.Contains(says, Refused(token: token), StringComparison.Ordinal);
        Assert.Single(hub.HubRequests);
        Assert.False(Directory.Exists(Root));
    }

    [Fact]
    public void Wrong_bytes_are_refused_and_deleted()
    {
        hub.Instead = (host, _, _) => host == "storage" ? new FakeAnswer(200, new byte[Weights.Length]) : null;
        Assert.Contains("damaged on the way, and deleted", Refused(), StringComparison.Ordinal);
        Assert.Equal([FakeHub.GitHashOf(Config)], Directory.GetFiles(Path.Combine(Root, "blobs")).Select(Path.GetFileName));
    }

    [Fact]
    public void More_bytes_than_listed_are_refused()
    {
        hub.Instead = (host, _, _) => host == "storage" ? new FakeAnswer(200, [.. Weights, 0]) : null;
        Assert.Contains("sends more than the 3000000 bytes", Refused(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../evil")]
    [InlineData("a/../../evil")]
    [InlineData("/etc/evil")]
    [InlineData("a//b")]
    [InlineData("./a")]
    [InlineData("..\\\\evil")]
    [InlineData("C:evil")]
    [InlineData("a\\u0000b")]
    [InlineData("a/..")]
    [InlineData("")]
    public void A_path_that_leads_out_refuses_the_repository(string path)
    {
        hub.Listing = $$"""{"sha":"{{FakeHub.Commit}}","siblings":[{"rfilename":"config.json","size":{{Config.Length}},"blobId":"{{FakeHub.GitHashOf(Config)}}"},{"rfilename":"{{path}}","size":1,"blobId":"{{new string('a', 40)}}"}]}""";
        Assert.Contains("outside its folder: refused", Refused(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Root));
    }

    [Theory]
    [InlineData("""{"sha":"../../evil","siblings":[]}""", "commit")]
    [InlineData("""{"siblings":[]}""", "cannot be read")]
    [InlineData("<html>sign in</html>", "cannot be read")]
    [InlineData("""{"sha":"0123456789abcdef0123456789abcdef01234567","siblings":[{"rfilename":"a","size":1,"blobId":"../../x"}]}""", "which is none")]
    [InlineData("""{"sha":"0123456789abcdef0123456789abcdef01234567","siblings":[{"rfilename":"a","size":-1,"blobId":"0123456789abcdef0123456789abcdef01234567"}]}""", "which is none")]
    [InlineData("""{"sha":"0123456789abcdef0123456789abcdef01234567","siblings":[{"rfilename":"a","size":9e18,"blobId":"0123456789abcdef0123456789abcdef01234567"}]}""", "")]
    [InlineData("""{"sha":"0123456789abcdef0123456789abcdef01234567","siblings":[{"rfilename":"a","size":9000000000000000000,"blobId":"0123456789abcdef0123456789abcdef01234567"}]}""", "more bytes, but only")]
    public void A_listing_that_lies_is_refused(string listing, string says)
    {
        hub.Listing = listing;
        Assert.Contains(says, Refused(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("file:///etc/passwd", "not followed")]
    [InlineData("/again", "more than 8 redirects")]
    public void Redirects_go_to_the_web_and_end(string location, string says)
    {
        hub.Instead = (_, _, _) => new FakeAnswer(302, [], ("Location", location));
        Assert.Contains(says, Refused(), StringComparison.Ordinal);
    }

    [Fact]
    public void Some_files_are_fetched_by_name_or_pattern()
    {
        Assert.Equal("config.json", Assert.Single(Pull(files: ["*.json"]).Files).Path);
        Assert.Empty(hub.StorageRequests);
        Assert.Contains("holds no file 'x.pt'; there are config.json", Refused(files: ["x.pt"]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_dry_run_fetches_nothing()
    {
        Assert.Equal(Config.Length + Weights.Length, Run(new PullRequest(Repository, IsDryRun: true)).BytesFetched);
        Assert.False(Directory.Exists(Root));
    }

    [Fact]
    public void Offline_finds_what_is_there_and_asks_nobody()
    {
        Assert.Contains("HF_HUB_OFFLINE forbids", Refused(isOffline: true), StringComparison.Ordinal);
        Assert.Empty(hub.HubRequests);
        Pull();
        int asked = hub.HubRequests.Count;
        Assert.Equal(FakeHub.Commit, Run(new PullRequest(Repository), isOffline: true).Commit);
        Assert.Equal(asked, hub.HubRequests.Count);
    }

    [Fact]
    public void A_host_that_is_not_there_is_named()
    {
        hub.Dispose();
        Assert.Contains("127.0.0.1 does not answer", Refused(), StringComparison.Ordinal);
        Assert.Equal(4, waits.Count);
    }

    private void Leave(byte[] beginning)
    {
        Directory.CreateDirectory(Path.Combine(Root, "blobs"));
        File.WriteAllBytes(Path.Combine(Root, "blobs", FakeHub.Sha256Of(Weights) + ".incomplete"), beginning);
    }

    private PullReport Pull(string? token = null, string[]? files = null) => Run(new PullRequest(Repository, Files: files), token);

    private string Refused(string? token = null, string[]? files = null, bool isOffline = false)
    {
        string message = Assert.Throws<HubException>(() => Run(new PullRequest(Repository, Files: files), token, isOffline)).Message;
        Assert.DoesNotContain('\n', message);
        return message;
    }

    private PullReport Run(PullRequest request, string? token = null, bool isOffline = false)
    {
        var settings = new HubSettings(cache, new Uri(hub.Address + "/"), token, isOffline);
        using var pull = new HubPull(settings, waits.Add, TimeSpan.FromMilliseconds(1));
        return pull.Run(request, cancellation: TestContext.Current.CancellationToken);
    }
}
