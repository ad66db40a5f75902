using Hummingbird.Vulkan.Engine.Generation;
using Spectre.Console;

namespace Hummingbird.Vulkan.Cli;

/// <summary>What a person wants to know once a video is done.</summary>
internal static class SummaryView
{
    public static void Show(FinishedVideo video, string device, long? deviceMemory, Terminal terminal)
    {
        List<(string Name, string Text)> rows = [.. video.Result.Timings.Select(t => (ProgressView.NameOf(t.Key), Figures.Time(t.Value)))];
        rows.Add(("total", Figures.Time(video.Total)));
        rows.Add(("memory", $"{Figures.Bytes(FinishedVideo.PeakProcessMemoryInBytes)} process peak"
            + (deviceMemory is long bytes ? $", {Figures.Bytes(bytes)} device peak" : "")));
        rows.Add(("device", device));
        rows.Add(("seed", $"{video.Job.Request.Seed}"));
        rows.Add(("output", video.Path));
        if (terminal.IsInteractive)
        {
            ShowPanel(rows, terminal);
            return;
        }

        foreach ((string name, string text) in rows)
        {
            terminal.Error.WriteLine($"{name,-13} {text}");
        }
    }

    private static void ShowPanel(List<(string Name, string Text)> rows, Terminal terminal)
    {
        Grid grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn();
        foreach ((string name, string text) in rows)
        {
            grid.AddRow(new Text(name, new Style(Color.Grey)), new Text(text));
        }

        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(terminal.Error),
            ColorSystem = terminal.UsesColor ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
        });
        console.Write(new Panel(grid) { Border = BoxBorder.Rounded });
    }
}
