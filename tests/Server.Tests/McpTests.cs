using System.Runtime.InteropServices;
using System.Text.Json;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using Xunit;

namespace Hummingbird.Vulkan.Server.Tests;

/// <summary>An assistant that starts <c>hummingbird mcp</c> and uses its tools.</summary>
public sealed class McpTests : IDisposable
{
    private readonly string data = Directory.CreateTempSubdirectory("hummingbird-mcp-").FullName;

    public void Dispose() => Directory.Delete(data, recursive: true);

    [Fact]
    public async Task An_assistant_makes_a_video()
    {
        string dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));
        StdioClientTransport transport = new(new()
        {
            Name = "hummingbird", Command = dotnet, Arguments = [Path.Combine(AppContext.BaseDirectory, "hummingbird.dll"), "mcp", "--data", data, "--model", "nano"],
        });
        await using McpClient client = await McpClient.CreateAsync(transport);
        Assert.Equal(["device_info", "generate_video", "list_models"], (await client.ListToolsAsync()).Select(t => t.Name).Order(StringComparer.Ordinal));

        List<ProgressNotificationValue> progress = [];
        CallToolResult made = await client.CallToolAsync(
            "generate_video",
            new Dictionary<string, object?>(StringComparer.Ordinal) { ["prompt"] = "a red ball", ["width"] = 64, ["height"] = 64, ["frames"] = 2, ["seed"] = 3 },
            new Recorder(progress));
        Assert.False(made.IsError ?? false, TextOf(made));
        using JsonDocument video = JsonDocument.Parse(TextOf(made));
        Assert.True(File.Exists(video.RootElement.GetProperty("path").GetString()));
        Assert.Equal((3, "64x64"), (video.RootElement.GetProperty("seed").GetInt32(), video.RootElement.GetProperty("size").GetString()));

        CallToolResult refused = await client.CallToolAsync("generate_video", new Dictionary<string, object?>(StringComparer.Ordinal) { ["prompt"] = "a", ["width"] = 65 });
        Assert.True(refused.IsError);
        Assert.Contains("width is 65", TextOf(refused), StringComparison.Ordinal);
        Assert.Contains("nano", TextOf(await client.CallToolAsync("list_models")), StringComparison.Ordinal);
        Assert.Contains("ready", TextOf(await client.CallToolAsync("device_info")), StringComparison.Ordinal);
    }

    private static string TextOf(CallToolResult result) => string.Concat(result.Content.OfType<TextContentBlock>().Select(t => t.Text));

    private sealed class Recorder(List<ProgressNotificationValue> values) : IProgress<ProgressNotificationValue>
    {
        public void Report(ProgressNotificationValue value) => values.Add(value);
    }
}
