using Hummingbird.Vulkan.Engine.Hub;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Hub;

public sealed class HubSettingsTests
{
    [Theory]
    [InlineData("", "~/.cache/huggingface/hub")]
    [InlineData("XDG_CACHE_HOME=/x", "/x/huggingface/hub")]
    [InlineData("XDG_CACHE_HOME=/x HF_HOME=/h", "/h/hub")]
    [InlineData("HF_HOME=/h HF_HUB_CACHE=/c", "/c")]
    [InlineData("HF_HUB_CACHE=~/c", "~/c")]
    public void The_cache_is_where_the_variables_say(string variables, string expected) =>
        Assert.Equal(expected.Replace("~", Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), StringComparison.Ordinal), Of(variables).Cache);

    [Theory]
    [InlineData("1", true)]
    [InlineData("true", true)]
    [InlineData("ON", true)]
    [InlineData("0", false)]
    [InlineData("", false)]
    public void Offline_is_said_in_one_of_four_ways(string value, bool expected) => Assert.Equal(expected, Of($"HF_HUB_OFFLINE={value}").IsOffline);

    [Fact]
    public void The_token_comes_from_the_variable_or_the_file_a_login_leaves()
    {
        string home = Directory.CreateTempSubdirectory("hub").FullName;
        Assert.Null(Of($"HF_HOME={home}").Token);
        File.WriteAllText(Path.Combine(home, "token"), "hf_file\n");
        Assert.Equal("hf_file", Of($"HF_HOME={home}").Token);
        Assert.Equal("hf_variable", Of($"HF_HOME={home} HF_TOKEN=hf_variable").Token);
        Directory.Delete(home, recursive: true);
    }

    [Fact]
    public void The_endpoint_is_an_address()
    {
        Assert.Equal("https://huggingface.co/", Of("").Endpoint.ToString());
        Assert.Equal("https://mirror.example/hf/", Of("HF_ENDPOINT=https://mirror.example/hf").Endpoint.ToString());
        Assert.Throws<HubException>(() => Of("HF_ENDPOINT=ftp://mirror.example"));
        Assert.Throws<HubException>(() => Of("HF_ENDPOINT=huggingface"));
    }

    [Theory]
    [InlineData("owner/repo", true)]
    [InlineData("amd/AMD-Hummingbird-T2V", true)]
    [InlineData("a.b/c_d-1.0", true)]
    [InlineData("owner", false)]
    [InlineData("owner/repo/file", false)]
    [InlineData("../repo", false)]
    [InlineData("owner/..", false)]
    [InlineData("owner/.repo", false)]
    [InlineData("owner/a--b", false)]
    [InlineData("own er/repo", false)]
    [InlineData("/repo", false)]
    [InlineData("owner/repo.git", false)]
    public void A_repository_is_named_as_the_Hub_names_them(string text, bool isName) => Assert.Equal(isName, RepositoryName.TryParse(text, out _));

    private static HubSettings Of(string variables)
    {
        var map = variables.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToDictionary(v => v.Split('=')[0], v => v.Split('=')[1], StringComparer.Ordinal);
        return HubSettings.From(name => map.GetValueOrDefault(name));
    }
}
