using System.Text.Json;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Cli;

/// <summary><c>eval</c> through the command line.</summary>
public sealed class CliEvalTests
{
    private const string Line = """{"prompt":"a big red circle","scene":{"layout":"single","background":"white","objects":[{"shape":"circle","colour":"red","size":"big","motion":"still"}]},"held_out":true}""";

    [Fact]
    public void Folders_of_frames_are_measured_and_scored()
    {
        using TemporaryFolder folder = new();
        string frames = folder["frames"];
        CliRun.Generate("-o", frames).AssertDone();
        File.WriteAllText(folder["prompts.jsonl"], Line);

        CliRun table = CliRun.Of("eval", frames, "--prompts", folder["prompts.jsonl"], "--sheet", folder["sheet.png"]);
        table.AssertDone();
        Assert.Equal(["videos", "videos, one object", "videos, held out"], table.OutLines.Skip(1).Select(l => l[..18].Trim()));
        Assert.True(File.Exists(folder["sheet.png"]));

        CliRun json = CliRun.Of("eval", frames, frames, "--json");
        json.AssertDone();
        using JsonDocument report = JsonDocument.Parse(json.Out);
        Assert.Equal(2, report.RootElement.GetProperty("clips").GetArrayLength());
        Assert.Equal(2, report.RootElement.GetProperty("table")[0].GetProperty("clips").GetInt32());
    }

    [Theory]
    [InlineData("nothing to measure")]
    [InlineData("do not go together", "x.mp4", "--model", "nano")]
    [InlineData("numbers with commas", "--prompts", "-", "--guidance-scale", "1;4")]
    [InlineData("at least 1", "--prompts", "-", "--limit", "0")]
    [InlineData("holds no prompt", "--prompts", "-")]
    public void What_cannot_be_done_is_refused(string complaint, params string[] args) => CliRun.Of(["eval", .. args]).AssertRefused(2, complaint);

    [Theory]
    [InlineData("{", "is no prompt in JSON")]
    [InlineData("""{"prompt":""}""", "has no prompt")]
    [InlineData("""{"prompt":"x","scene":{"layout":"pile","background":"white","objects":[]}}""", "asks for no object")]
    [InlineData("""{"prompt":"x","scene":{"layout":"single","background":"white","objects":[{"shape":"blob"}]}}""", "has the unknown shape 'blob'")]
    public void A_line_that_is_no_prompt_is_named(string line, string complaint)
        => CliRun.WithInput($"a good one\n{line}\n", "eval", "--prompts", "-").AssertRefused(2, $"Line 2 {complaint}");

    [Fact]
    public void A_missing_or_damaged_video_is_named()
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder["frames"]);
        File.WriteAllBytes(Path.Combine(folder["frames"], "0.png"), [1, 2, 3]);
        CliRun.Of("eval", folder["none.mp4"]).AssertRefused(1, "does not exist");
        CliRun.Of("eval", folder["frames"]).AssertRefused(1, "is no PNG");
    }
}
