namespace Hummingbird.Vulkan.Engine.Hub;

/// <summary>Where the Hub is and where its files are kept, as all programs that use the Hub have agreed to say it.</summary>
/// <param name="Cache">HF_HUB_CACHE, else $HF_HOME/hub, else $XDG_CACHE_HOME/huggingface/hub, else ~/.cache/huggingface/hub.</param>
/// <param name="Endpoint">HF_ENDPOINT, else https://huggingface.co.</param>
/// <param name="Token">HF_TOKEN, else the file HF_TOKEN_PATH or $HF_HOME/token that `hf auth login` writes; null without one.</param>
/// <param name="IsOffline">HF_HUB_OFFLINE: nothing is asked of the network.</param>
public sealed record HubSettings(string Cache, Uri Endpoint, string? Token, bool IsOffline)
{
    private const string PublicEndpoint = "https://huggingface.co";
    private const int LongestToken = 4096;

    /// <exception cref="HubException">HF_ENDPOINT is no http address.</exception>
    public static HubSettings FromEnvironment() => From(Environment.GetEnvironmentVariable);

    internal static HubSettings From(Func<string, string?> variable)
    {
        string home = Text("HF_HOME")
            ?? Path.Combine(Text("XDG_CACHE_HOME") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"), "huggingface");
        string address = Text("HF_ENDPOINT") ?? PublicEndpoint;
        bool isAddress = Uri.TryCreate(address.TrimEnd('/') + "/", UriKind.Absolute, out Uri? endpoint) && endpoint.Scheme is "http" or "https";
        if (!isAddress)
            throw new HubException($"HF_ENDPOINT is '{address}'; it must be an http or https address.");
        return new HubSettings(
            Expanded(Text("HF_HUB_CACHE") ?? Path.Combine(home, "hub")),
            endpoint!,
            Text("HF_TOKEN") ?? TokenIn(Expanded(Text("HF_TOKEN_PATH") ?? Path.Combine(home, "token"))),
            Text("HF_HUB_OFFLINE")?.ToUpperInvariant() is "1" or "ON" or "YES" or "TRUE");

        string? Text(string name) => variable(name)?.Trim() is { Length: > 0 } text ? text : null;
    }

    private static string Expanded(string path) => Path.GetFullPath(
        path is "~" || path.StartsWith("~/", StringComparison.Ordinal) ? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + path[1..] : path);

    private static string? TokenIn(string path)
    {
        try
        {
            string? text = File.Exists(path) && new FileInfo(path).Length <= LongestToken ? File.ReadAllText(path).Trim() : null;
            return text is { Length: > 0 } ? text : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // A token nobody may read is as good as none: public repositories need none.
        }
    }
}
